"""Pictures of the live conferences for whoever looks on: the newest of each, as it changes, and who speaks.

conferences.py tells of every change, call_router.py of who speaks; control/server.py has a follower for each
site that shows conferences. A follower is given states, not events: what changes while it is still busy is
given once, as it is then. Without followers a change costs an entry in a table.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable

from usnd.domain.conference.model import Conference
from usnd.domain.conference.picture import Picture, current, picture_of

SPACING = 0.2
"""Seconds between two lots to one follower: what changes within is one picture."""
_FIRST = 0.02
"""Seconds that a change waits for those that come with it, after a quiet time."""
BEAT = 5.0
"""Seconds of silence after which a follower is given nothing, so that it knows that we live."""
MOST_FOLLOWERS = 4


class TooManyFollow(Exception):
    """As many as may follow already."""


class _Follower:
    def __init__(self, conferences: Iterable[Conference]) -> None:
        self.changed = {one.id: one for one in conferences}
        self.told = asyncio.Event()


class Pictures:
    """For one event loop."""

    def __init__(self) -> None:
        self._conferences = dict[int, Conference]()
        self._talking = set[str]()
        self._followers = set[_Follower]()

    def of(self, subscriber_id: int) -> Picture | None:
        """Of the conference that they have now."""
        found = [one for one in self._conferences.values() if one.subscriber_id == subscriber_id]
        return current([picture_of(one, self._talking) for one in found])

    def changed(self, conference: Conference) -> None:
        """A conference is launched, or another than before."""
        self._conferences[conference.id] = conference
        for one in self._followers:
            one.changed[conference.id] = conference
            one.told.set()

    def gone(self, conference: Conference) -> None:
        """It has ended; followers still see how."""
        self._conferences.pop(conference.id, None)
        self._talking.difference_update(call.id for call in conference.calls)

    def talks(self, conference_id: int, call: str, *, on: bool) -> None:
        """A call of that conference is heard to speak, or no more."""
        conference = self._conferences.get(conference_id)
        if conference is not None and on is not (call in self._talking):
            (self._talking.add if on else self._talking.discard)(call)
            self.changed(conference)

    def leaves(self, call: str) -> None:
        """A call is in its room no more, and cannot be heard."""
        self._talking.discard(call)

    def nobody_is_heard(self) -> None:
        """Who speaks is not known any more."""
        self._talking.clear()
        for one in self._conferences.values():
            self.changed(one)

    async def follow(self) -> AsyncGenerator[tuple[Picture, ...]]:
        """First all of them, perhaps none; then those that have changed, again and again.

        Raises TooManyFollow.
        """
        if len(self._followers) >= MOST_FOLLOWERS:
            raise TooManyFollow
        follower = _Follower(self._conferences.values())
        self._followers.add(follower)
        try:
            while True:
                lot, follower.changed = follower.changed, {}
                follower.told.clear()
                yield tuple(picture_of(one, self._talking) for one in lot.values())
                given = asyncio.get_running_loop().time()
                await _until_told(follower)
                waited = asyncio.get_running_loop().time() - given
                if follower.changed:
                    await asyncio.sleep(max(_FIRST, SPACING - waited))
        finally:
            self._followers.discard(follower)


async def _until_told(follower: _Follower) -> None:
    """Or until it is time for a beat."""
    try:
        async with asyncio.timeout(BEAT):
            await follower.told.wait()
    except TimeoutError:
        return
