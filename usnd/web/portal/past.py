"""What the pages about the past read: conferences, calls, recordings and use of one subscriber.

behind.py has one. Each method asks for the subscriber's id that the session gave; nothing of another's is
found by it. For any number of threads; all raise StoreAway.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from usnd.domain.conference.model import Conference
from usnd.domain.conference.quota import month_of, seconds_left
from usnd.domain.directory.model import Subscriber
from usnd.domain.history.period import Period
from usnd.domain.recording.files import Recording, RecordState, is_file_name
from usnd.store.core.reader import Reader
from usnd.store.core.transaction import Transaction
from usnd.store.portal.past_calls import PastCall, Summed, SummedConference
from usnd.store.portal.past_conferences import Found, Wanted

ON_A_PAGE = 25
MOST_SHOWN = 20
"""Contacts and conferences on a page of use."""
MOST_IN_A_FILE = 5000
"""Rows of a file for spreadsheets."""
_NEWEST = (2**62, 0)


@dataclass(frozen=True, slots=True)
class Use:
    """What was used in a period. quarters: by the quarter of an hour in which calls began."""

    quarters: tuple[Summed, ...]
    contacts: tuple[Summed, ...]
    conferences: tuple[SummedConference, ...]
    nicks: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording, and its file as it lies on this server. octets: None: it is not on this server."""

    recording: Recording
    octets: int | None

    @property
    def seconds(self) -> float | None:
        """How long it is."""
        return self.recording.seconds if self.octets is None else max(self.octets - 44, 0) / 16_000


class Past:
    """recordings: the directory; None: there is none, and no file of a recording is found."""

    def __init__(self, reader: Reader, recordings: Path | None) -> None:
        self._reader = reader
        self._directory = recordings

    def conferences(self, owner: int, wanted: Wanted) -> Found:
        """A page of those that have ended."""
        return self._reader.read(lambda tx: tx.past_conferences.page(owner, wanted, ON_A_PAGE))

    def conference(self, owner: int, conference_id: int) -> Conference | None:
        """That one, if it is theirs and has ended."""
        return self._reader.read(lambda tx: tx.past_conferences.get(owner, conference_id))

    def calls(
        self, owner: int, period: Period, before: int, most: int = ON_A_PAGE + 1
    ) -> tuple[tuple[PastCall, ...], dict[str, str]]:
        """The calls, newest first, from behind that sequence number on; and the nicks by number."""

        def unit(tx: Transaction) -> tuple[tuple[PastCall, ...], dict[str, str]]:
            found = tx.past_calls.page(owner, period.since, period.until, before, most)
            return found, tx.directory.nicks_of(owner, {one.number for one in found})

        return self._reader.read(unit)

    def use(self, owner: int, period: Period, most: int = MOST_SHOWN) -> Use:
        """By time, by contact and by conference; of the last two so many."""
        days = (owner, period.since, period.until)

        def unit(tx: Transaction) -> Use:
            contacts = tx.past_calls.by_contact(*days, most)
            return Use(
                tx.past_calls.by_quarter(*days),
                contacts,
                tx.past_calls.by_conference(*days, most),
                tx.directory.nicks_of(owner, {one.key for one in contacts}),
            )

        return self._reader.read(unit)

    def minutes_left(self, subscriber: Subscriber, now: datetime) -> int | None:
        """Whole ones, of this month (UTC); None: there is no limit."""
        if subscriber.minutes is None:
            return None
        month = month_of(now)
        used = self._reader.read(lambda tx: tx.usage.of([subscriber.id], month)).get(subscriber.id, 0)
        left = seconds_left(subscriber.minutes, used)
        return None if left is None else left // 60

    def recordings(self, owner: int, before: tuple[int, int] | None) -> tuple[Sound, ...]:
        """A page and one more, newest first, from behind that conference and part on."""
        place = before or _NEWEST
        found = self._reader.read(lambda tx: tx.recordings.page(owner, place, ON_A_PAGE + 1))
        return tuple(self._sound(one) for one in found)

    def recording(self, owner: int, conference_id: int, part: int) -> Sound | None:
        """That one, if it is theirs (REQUIREMENTS C7) and was not removed."""
        found = self._reader.read(lambda tx: tx.recordings.get(conference_id, part))
        if found is None or found.subscriber_id != owner or found.state is not RecordState.CLOSED:
            return None
        return self._sound(found)

    def sounds(self, owner: int, parts: Collection[tuple[int, int]]) -> tuple[Sound, ...]:
        """Those of them that are theirs and were not removed."""
        found = (self.recording(owner, conference, part) for conference, part in parts)
        return tuple(one for one in found if one is not None)

    def _sound(self, one: Recording) -> Sound:
        return Sound(one, self._octets(one.path) if one.state is RecordState.CLOSED else None)

    def _octets(self, name: str) -> int | None:
        """Of a file of a recording on this server; the site may look for it, and not read it."""
        if self._directory is None or not is_file_name(name):
            return None
        try:
            return (self._directory / name).stat().st_size
        except OSError:
            return None
