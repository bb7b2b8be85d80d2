"""The recordings: a list with a player for each, and the files themselves, which nginx sends."""

from collections.abc import Iterable
from dataclasses import dataclass

from usnd.domain.recording.files import Recording, RecordState
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.outcomes import count_in
from usnd.web.portal.pages.past.asked import link
from usnd.web.portal.past import ON_A_PAGE, Sound
from usnd.web.portal.reports.times import Times, length, times_of
from usnd.web.portal.visitor import Answer, Page, Recorded, Visitor

_MEGABYTE = 1_000_000
_LEAST_TOLD = _MEGABYTE // 20
"""Octets of which it is worth while to say how many they are."""
_MOST_PARTS = 999_999


@dataclass(frozen=True, slots=True)
class SoundRow:
    """A recording in a list. is_here: its file is on this server. is_removed: its time was over."""

    conference: int
    part: int
    at: str
    length: str
    megabytes: str
    is_here: bool
    is_removed: bool

    @property
    def path(self) -> str:
        """Where it is heard."""
        return f"/recordings/{self.conference}/{self.part}"


def show(behind: Behind, visitor: Visitor) -> Answer:
    """A page of them."""
    assert visitor.subscriber is not None
    asked, times = visitor.asked, times_of(visitor.subscriber)
    conference = count_in(asked, "before")
    before = (conference, min(count_in(asked, "part"), _MOST_PARTS)) if conference else None
    sounds = behind.past.recordings(visitor.subscriber.id, before)
    rows = rows_of(sounds[:ON_A_PAGE], times)
    last = rows[-1] if len(sounds) > ON_A_PAGE else None
    values = {
        "rows": rows,
        "zone": times.name,
        "rest": link("/recordings", {"before": last.conference, "part": last.part}) if last else "",
        "newest": "/recordings" if before else "",
        "path": "/recordings",
    }
    return Page("recordings.html", values)


def listen(behind: Behind, visitor: Visitor, conference: int, part: int) -> Answer:
    """Its sound, for the player on a page."""
    return _send(behind, visitor, conference, part, is_kept=False)


def download(behind: Behind, visitor: Visitor, conference: int, part: int) -> Answer:
    """Its file, to be kept."""
    return _send(behind, visitor, conference, part, is_kept=True)


def rows_of(sounds: Iterable[Sound], times: Times) -> list[SoundRow]:
    """As templates show them."""
    return [
        SoundRow(
            one.recording.conference_id,
            one.recording.part,
            _begun(one.recording, times),
            length(one.seconds),
            f"{one.octets / _MEGABYTE:.1f}" if one.octets and one.octets >= _LEAST_TOLD else "",
            one.octets is not None,
            one.recording.state is RecordState.REMOVED,
        )
        for one in sounds
    ]


def _begun(one: Recording, times: Times) -> str:
    """When it began; of one that was stopped before Asterisk told of its begin, when it was stopped."""
    at = one.started_at or one.stopped_at
    return "" if at is None else times.minute(at)


def _send(behind: Behind, visitor: Visitor, conference: int, part: int, *, is_kept: bool) -> Answer:
    assert visitor.subscriber is not None
    found = behind.past.recording(visitor.subscriber.id, conference, part)
    if found is None:
        return Page("gone.html", {"path": "/recordings"}, 404)
    if found.octets is None:
        return Page("elsewhere.html", {"path": "/recordings"}, 404)
    one, times = found.recording, times_of(visitor.subscriber)
    at = _begun(one, times).replace(" ", "-").replace(":", "") or "unknown"
    return Recorded(one.path, f"conference-{at}-part-{one.part}.wav" if is_kept else "")
