"""What an arbiter knows, what it says to its peer, what it keeps and what it asks for. Pure data.

usnd/pair gathers, sends and keeps these; the domain judges them. All times are in seconds of one clock that
counts while the machine sleeps; each measured value carries its age, and counts as unknown when too old. On
the wire and on the disk some fields bear older names: usnd/pair/wire_names.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import Generic, TypeVar

from usnd.domain.pair.address_claim import Claim
from usnd.domain.pair.states import PairState

T = TypeVar("T")
NEVER = -inf


class LastRole(Enum):
    """What a server was last, kept on its disk. Only SOLO may be active again without asking (R4)."""

    STANDBY = "standby"
    PAIRED = "paired"
    SOLO = "solo"


@dataclass(frozen=True, slots=True, order=True)
class TakeoverGrant:
    """Permits the standby to take over from the active of `epoch`, given with its `pairing`; each once.

    It does not run out: it is used once, or given up for good. `lease` is another thing (PairSettings).
    """

    epoch: int = 0
    pairing: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """Kept with fsync outside the database's directory. Epochs of one server are even, the other's odd.

    timeline, lsn: where the database was when this was written, of a primary where its standby had got to:
    from there on it was alone, also with what waited for it just then; lsn in bytes. owes_power: told
    the peer to switch off, and it was not read on again yet. keeps: gave up what only this server has, by an
    operator's command; that is kept aside before it follows.
    """

    last_role: LastRole = LastRole.STANDBY
    grant: TakeoverGrant = TakeoverGrant()
    timeline: int = 0
    lsn: int = 0
    owes_power: bool = False
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What an arbiter says to its peer several times a second, over both paths.

    boot counts the sender's boots. grantee: that boot of the peer may take over. asks: give up the grant.
    inactive: "I hold nothing and shall not be active under `record.grant` without your heartbeat".
    holds: the grant that its sender has. freed: "I shall never use that grant".
    """

    boot: int
    state: PairState
    record: Record
    active: bool = False
    inactive: bool = False
    grantee: int | None = None
    asks: bool = False
    holds: TakeoverGrant | None = None
    freed: TakeoverGrant | None = None
    well: bool = True
    """Could serve: voice, trunks and disk."""
    fit: bool = True
    """Would use a grant to take over: its database follows, it could serve, and is to stay as it is."""
    rests: bool = False
    """Was handed away from because it was ill: not to be handed to by illness of the other."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A measured value and when it was measured."""

    value: T
    at: float

    def fresh(self, now: float, limit: float) -> T | None:
        """The value if it is at most `limit` seconds old, else None."""
        return self.value if now - self.at <= limit else None


class Database(Enum):
    """The own PostgreSQL. HALF: never to be opened."""

    STOPPED = "stopped"
    HALF = "half the other server's"
    STANDBY = "standby"
    PRIMARY = "primary"


@dataclass(frozen=True, slots=True)
class Store:
    """The own PostgreSQL in figures. synchronous: commits wait for the standby.

    following: a standby that streams. replayed: all that was received. in_step: the peer streams, waits are
    on, and it has flushed all that was written when they were switched on. lsn: all that is on the own disk,
    in bytes of the log; confirmed: of it, what the standby said last that it has; 0: not known.
    """

    database: Database = Database.STOPPED
    synchronous: bool = False
    following: bool = False
    replayed: bool = False
    streaming: bool = False
    in_step: bool = False
    timeline: int = 0
    lsn: int = 0
    confirmed: int = 0


class Power(Enum):
    """What the peer's remote console says; SILENT: it does not answer."""

    ON = "on"
    OFF = "off"
    SILENT = "silent"


class OperatorCommand(Enum):
    """What an operator tells an arbiter; it counts for one step."""

    SWITCH_OVER = "switch-over"
    FORCE_ACTIVE = "force-active"
    MAINTENANCE_ON = "maintenance on"
    MAINTENANCE_OFF = "maintenance off"
    REJOIN = "rejoin"


_UNKNOWN_STORE: Reading[Store] = Reading(Store(), NEVER)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known at one moment. heard: when the peer was last heard, by path.

    carrier: of the cross-over; None where there is none. console: the own console network answers.
    console_took: seconds that its last answer took. witness_at: when one of the other fixed hosts answered.
    silent: nobody else answers for the floating address; claim: who does, and since when. serving: address,
    trunks or usnd are held here.
    ill: why this server should not serve now (a part did no work lately, disk, network); remedy: that part
    can be restarted. unable: what a standby could not serve with, if it had to. record_ok: the record can be
    read and written. leaving: the arbiter was told to stop.
    """

    peer: Heartbeat | None = None
    heard: Mapping[str, float] = field(default_factory=dict)
    carrier: Reading[bool] | None = None
    power: Reading[Power] = Reading(Power.SILENT, NEVER)
    console: Reading[bool] = Reading(value=False, at=NEVER)
    console_took: float = 0.0
    gateway_at: float = NEVER
    witness_at: float = NEVER
    silent: Reading[bool] = Reading(value=False, at=NEVER)
    claim: Claim | None = None
    store: Reading[Store] = _UNKNOWN_STORE
    serving: Reading[bool] = Reading(value=True, at=NEVER)
    ill: str = ""
    remedy: bool = False
    unable: str = ""
    unkept: str = ""
    """Why what only this server has could not be put aside, when that was last tried."""
    by_links: bool = False
    """No target of the service's bond answers, so that its links decide."""
    firewall_ok: bool = True
    record_ok: bool = True
    command: OperatorCommand | None = None
    leaving: bool = False

    @property
    def heard_at(self) -> float:
        """When the peer was last heard, by any path."""
        return max(self.heard.values(), default=NEVER)

    @property
    def reached_at(self) -> float:
        """When anybody but the peer last answered on the service's network."""
        return max(self.gateway_at, self.witness_at)


@dataclass(frozen=True, slots=True)
class PairSettings:
    """Seconds. deadline: from the signature of a power loss to taking over (R3); the rest must fit in it.

    lease: how long an active that hears nobody may go on (R3); so long, too, a paired active waits with its
    commits for a standby that looks as if it had lost its power. fencing: it is configured and was tested;
    without it nobody takes over by itself but by a hand-over. console_answer: what a console may take to
    answer. console_patience: until what it was told has had its effect, if it has any. mend_after: seconds of
    illness until the ill part is restarted. damping: until the peer shall take over. rest: how long illness
    of the other does not bring the role back to a server that was ill itself, and until a part that was
    restarted is restarted again.
    """

    fencing: bool = True
    fresh: float = 3.0
    suspect_after: float = 1.0
    fence_delay: float = 1.5
    stall: float = 2.0
    lease: float = 4.0
    release: float = 4.0
    watchdog: float = 10.0
    deadline: float = 20.0
    boot_patience: float = 20.0
    mend_after: float = 1.0
    damping: float = 10.0
    console_answer: float = 4.0
    console_patience: float = 15.0
    rest: float = 300.0

    def __post_init__(self) -> None:
        """Raises ValueError when the standby could take over while the active still lets go."""
        if self.deadline < self.suspect_after + self.lease + self.release + self.watchdog:
            raise ValueError("deadline must be at least suspect_after + lease + release + watchdog")


@dataclass(frozen=True, slots=True)
class Arbiter:
    """All that an arbiter remembers; only the record outlives a boot. colour: 0 or 1, the own epochs.

    grant: given to this server in this boot. freed: given up for good. loss_since: since when everything
    looks as if the peer had lost its power. off_at: when the peer was last told to switch off, or that was
    found in the record, while its power is owed. let_go: told the peer that all is let go of; there is no way
    back but by its heartbeat. rests_since: handed over because it was ill. illness: seconds of it that are
    not yet made good, counted since `looked_at`; what is ill every other second is ill. mended, mended_at:
    what was last restarted.
    """

    boot: int
    record: Record
    colour: int
    since: float
    state: PairState = PairState.BOOT
    grant: TakeoverGrant | None = None
    freed: TakeoverGrant | None = None
    stalled_since: float | None = None
    loss_since: float | None = None
    off_at: float | None = None
    let_go: bool = False
    diverged: bool = False
    maintenance: bool = False
    rests_since: float | None = None
    illness: float = 0.0
    looked_at: float | None = None
    mended: str = ""
    mended_at: float = NEVER


@dataclass(frozen=True, slots=True)
class Write:
    """Keep the record. When this fails, nothing of the step is done and the old state stays."""

    record: Record


class MachineAction(Enum):
    """What to do to the machine; each may be repeated without harm."""

    RELEASE = "let go of trunks, address and database"
    OPEN = "open the database"
    SERVE = "take address and trunks, start usnd"
    FOLLOW = "follow the peer's database"
    FOLLOW_ANEW = "keep aside what only this server has, then follow the peer's database"
    WAIT_ON = "commits wait for the standby"
    WAIT_OFF = "commits no longer wait for the standby"
    POWER_OFF = "switch the peer off"
    POWER_ON = "switch the peer on"
    MEND = "restart what is ill"
    REBOOT = "reboot this server"


Action = Write | MachineAction
