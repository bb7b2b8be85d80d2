"""What the pages have behind them: usnd, which does things, and the database, which is only read.

Pages get a `Behind`. Whatever is done is done for the subscriber of the token: no request names one.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from usnd.control.answers import PortalAnswer
from usnd.control.portal_requests import OfPortal, StaySignedIn
from usnd.domain.directory.model import Directory, User, UserOrder
from usnd.domain.directory.user_search import found_by
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.portal.sessions import digest_of
from usnd.store.core.reader import Reader
from usnd.store.core.transaction import Transaction
from usnd.store.portal.member_lists import List
from usnd.store.portal.sessions import SignedIn
from usnd.web.control_line import NoResult, at_portal
from usnd.web.places import NoPlace, Places
from usnd.web.portal.past import Past

T = TypeVar("T")
MOST_AT_USND = 48
"""Requests at a time; usnd takes some more."""
MOST_FILES = 2
_PATIENCE = 25.0
"""Seconds: longer than usnd takes for anything."""
_SHORT = 2.0
MOST_NAMES = 100
"""Groups that a list to choose from has; others are written by name."""
ON_A_PAGE = 25
NO_REGION = "ZZ"
"""National numbers are found by their digits, whatever country it is."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list. count: of all that were found; first: the place of its first one, from 0."""

    users: tuple[User, ...]
    count: int
    first: int


@dataclass(frozen=True, slots=True)
class ListedGroups:
    """The same of groups."""

    groups: tuple[List, ...]
    count: int
    first: int


class Behind:
    """For any number of threads. recordings, videos: their directories, where there are any."""

    def __init__(
        self, control: Path, reader: Reader, recordings: Path | None = None, videos: Path | None = None
    ) -> None:
        self.videos = videos
        self.past = Past(reader, recordings)
        self._control = control
        self._reader = reader
        self._places = Places(MOST_AT_USND)
        self.reading = Places(MOST_FILES)
        """For who has a file read or written, which is work."""

    def ask(self, request: OfPortal, patience: float = _PATIENCE) -> PortalAnswer:
        """What usnd says, committed. Raises NoResult, NoPlace."""
        with self._places.taken():
            return at_portal(self._control, request, patience)

    def session(self, token: str) -> SignedIn | None:
        """Whose session it is, if there is one. Raises StoreAway."""
        digest = digest_of(token)
        return self._reader.read(lambda tx: tx.portal_sessions.find(digest))

    def sessions(self, digests: Collection[str]) -> dict[str, SignedIn]:
        """As `session`, of many, by the digests of their tokens. Raises StoreAway."""
        return self._reader.read(lambda tx: tx.portal_sessions.find_all(digests))

    def is_there(self, token: str, source: str) -> None:
        """Has usnd note that somebody is still there. Where it cannot, the next page does it."""
        try:
            self.ask(StaySignedIn(token=token, source=source), _SHORT)
        except (NoResult, NoPlace):
            return

    def directory(self, subscriber_id: int) -> Directory:
        """Users, groups and instant conferences. Raises StoreAway."""

        def unit(tx: Transaction) -> Directory:
            return tx.directory.load(subscriber_id)

        return self._reader.read(unit)

    def ask_in_turn(self, requests: Iterable[OfPortal]) -> PortalAnswer:
        """Several that belong together, one after the other, until one is not done: the last answer.

        Raises NoResult, NoPlace.
        """
        answer = PortalAnswer(outcome=Outcome.DONE)
        for request in requests:
            answer = self.ask(request)
            if answer.outcome is not Outcome.DONE:
                break
        return answer

    def read(self, unit: Callable[[Transaction], T]) -> T:
        """What a unit of work finds. Raises StoreAway."""
        return self._reader.read(unit)

    def user(self, subscriber_id: int, nick: str) -> User | None:
        """The user of that nick. Raises StoreAway."""
        return self._reader.read(lambda tx: tx.directory.user(subscriber_id, nick))

    def groups(self, subscriber_id: int, page: int) -> ListedGroups:
        """A page of the groups, from 0; the last one, if there are not so many. Raises StoreAway."""

        def unit(tx: Transaction) -> ListedGroups:
            count = tx.member_lists.count_groups(subscriber_id)
            first = first_of(page, count)
            groups = tx.member_lists.groups(subscriber_id, ON_A_PAGE, first)
            return ListedGroups(tuple(groups), count, first)

        return self._reader.read(unit)

    def group_names(self, subscriber_id: int) -> list[str]:
        """The first names of groups. Raises StoreAway."""
        return self._reader.read(lambda tx: tx.member_lists.group_names(subscriber_id, MOST_NAMES))

    def offered(self, subscriber_id: int, most: int) -> list[str]:
        """Names to choose from: the first groups, and users, if there are not too many. Raises StoreAway."""

        def unit(tx: Transaction) -> list[str]:
            groups = tx.member_lists.group_names(subscriber_id, most)
            if tx.directory.count_users(subscriber_id) > most:
                return groups
            return groups + [user.nick for user in tx.directory.users(subscriber_id, UserOrder.NICK)]

        return self._reader.read(unit)

    def conferences(self, subscriber_id: int) -> list[List]:
        """The instant conferences, their number as name, with their members. Raises StoreAway."""
        return self._reader.read(lambda tx: tx.member_lists.conferences(subscriber_id))

    def people(self, subscriber_id: int) -> dict[int, int]:
        """How many people are in each instant conference that has any. Raises StoreAway."""
        return self._reader.read(lambda tx: tx.member_lists.people(subscriber_id))

    def users(self, subscriber_id: int, sought: str, order: UserOrder, page: int) -> Listed:
        """A page of the users that are looked for, from 0; the last one, if there are not so many.

        Only a search reads all of them: what is alike without accents no database tells. Raises StoreAway.
        """

        def unit(tx: Transaction) -> Listed:
            if words := sought.split():
                found = found_by(words, tx.directory.users(subscriber_id, order), NO_REGION)
                first = first_of(page, len(found))
                return Listed(tuple(found[first : first + ON_A_PAGE]), len(found), first)
            count = tx.directory.count_users(subscriber_id)
            first = first_of(page, count)
            return Listed(tuple(tx.directory.users(subscriber_id, order, ON_A_PAGE, first)), count, first)

        return self._reader.read(unit)


def first_of(page: int, count: int) -> int:
    """The place of the first one on that page, from 0, or on the last page that there is."""
    return min(page, max(count - 1, 0) // ON_A_PAGE) * ON_A_PAGE
