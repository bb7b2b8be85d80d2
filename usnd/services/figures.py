"""What each service shows of itself: typed figures, taken once a second by monitoring/gather.py.

Names are for people and programs outside (docs/operator, `--json`, SNMP): they stay. Counts are since usnd
started, times are UTC, durations seconds, rates segments a second, sizes octets.
"""

from datetime import datetime

from msgspec import Struct


class LinkFigures(Struct, frozen=True, kw_only=True):
    """One link to an SMSC; the counters are smpp/link/settings.py's.

    oddities: what was read over in deliveries, or refused, by name.
    """

    state: str
    pdus_in: int
    pdus_out: int
    texts: int
    receipts: int
    submitted: int
    dropped: int
    overdue: int
    nacked: int
    binds: int
    oddities: dict[str, int]


class SendingFigures(Struct, frozen=True, kw_only=True):
    """The MT texts of one bind, and their receipts. A receiver has none.

    queue: texts in memory that wait; oldest_s: how long the oldest has waited. in_flight, throttled,
    postponed, in_doubt, unanswered: segments. sent to withdrawn: texts, by how they ended.
    """

    rate: float
    rate_configured: float | None
    rate_limit: float | None
    window: int
    window_configured: int
    in_flight: int
    queue: int
    queue_more_in_store: bool
    oldest_s: float
    sent: int
    rejected: int
    expired: int
    unknown: int
    set_aside: int
    withdrawn: int = 0
    """A former release's status.json has none."""
    throttled: int
    postponed: int
    in_doubt: int
    unanswered: int
    delivered: int
    undelivered: int
    intermediate: int
    unmatched: int


class TextFigures(Struct, frozen=True, kw_only=True):
    """MO texts of all binds. parts: those that made no text yet, by what was done with them.

    not_answered: of subscribers whose phones send by themselves. unregistered: of those who are none.
    """

    parts: dict[str, int]
    not_answered: int
    unregistered: int


class TrunkFigures(Struct, frozen=True, kw_only=True):
    """One trunk. channels: the most at once, None: any number. causes: of calls never answered, by Q.850."""

    trunk: str
    state: str
    registration: str
    in_use: int
    channels: int | None
    calls: int
    unanswered: int
    causes: dict[str, int]


class TrunksFigures(Struct, frozen=True, kw_only=True):
    """All trunks; waiting: calls that wait to be dialled."""

    trunks: tuple[TrunkFigures, ...]
    waiting: int


class ForeignFigures(Struct, frozen=True, kw_only=True):
    """Channels in Asterisk that usnd did not order, and released; the last one by its name."""

    released: int
    last: str | None
    last_at: datetime | None


class AsteriskFigures(Struct, frozen=True, kw_only=True):
    """state: of domain/media_server/availability.py, since when."""

    state: str
    since: datetime
    foreign: ForeignFigures


class ConferenceFigures(Struct, frozen=True, kw_only=True):
    """Conferences that run; calls: of them, not ended; in_rooms: calls that hear each other."""

    running: int
    calls: int
    in_rooms: int


class WrongPinFigures(Struct, frozen=True, kw_only=True):
    """barred: calling numbers that may not try now; alarm: PINs are guessed."""

    wrong_pins: int
    wrong_last_hour: int
    barred: int
    alarm: bool


class PinFigures(Struct, frozen=True, kw_only=True):
    """pins: given. guess_one_in: of how many guesses from a stranger's telephone one hits; None: none can.

    own_number_only: an Activation PIN counts only from its subscriber's number.
    """

    pins: int
    guess_one_in: int | None
    own_number_only: bool
    pins_run_out: bool


class DialInFigures(Struct, frozen=True, kw_only=True):
    """Calls that came in; waiting: in no conference yet; refused: by reason."""

    calls: int
    waiting: int
    refused: dict[str, int]
    wrong: WrongPinFigures
    pins: PinFigures


class RecordingFigures(Struct, frozen=True, kw_only=True):
    """configured: there is a directory for them. free: of its disk, at the last look; None before it."""

    configured: bool
    running: int
    free: int | None


class DatabaseFigures(Struct, frozen=True, kw_only=True):
    """waiting: units of work; trouble: why it was not reached, in the driver's words."""

    reachable: bool
    waiting: int
    trouble: str
