"""One server's case at one moment: what its arbiter remembers, what it sees, the time and the settings. Pure.

arbiter.py makes one for each step; rules.py, remedies.py, alarms.py and operator.py judge it. The properties
here are plain facts: a value that is too old counts as unknown. What a fact permits is in rules.py.
"""

from dataclasses import dataclass

from usnd.domain.pair.evidence import Arbiter, Database, Evidence, Heartbeat, PairSettings, Power, Store


@dataclass(frozen=True, slots=True)
class Assessment:
    """me: this server's arbiter. seen: its evidence. now: seconds, of the clock that the evidence bears."""

    me: Arbiter
    seen: Evidence
    now: float
    settings: PairSettings

    def of(self, me: Arbiter) -> "Assessment":
        """The same moment, for the arbiter as it is after part of a step."""
        return Assessment(me, self.seen, self.now, self.settings)

    @property
    def peer(self) -> Heartbeat | None:
        """The other server's last heartbeat, however old."""
        return self.seen.peer

    @property
    def hears_peer(self) -> bool:
        """A heartbeat came lately, by any path."""
        return self.seen.peer is not None and self.now - self.seen.heard_at < self.settings.suspect_after

    @property
    def heard_peer(self) -> Heartbeat | None:
        """The other server's last heartbeat if it came lately, else None."""
        return self.seen.peer if self.hears_peer else None

    @property
    def hears_active(self) -> bool:
        """The other server is heard, and says that it is active."""
        return self.seen.peer is not None and self.seen.peer.active and self.hears_peer

    @property
    def has_gateway(self) -> bool:
        """The gateway or another fixed host answered lately."""
        return self.now - self.seen.reached_at < self.settings.suspect_after

    @property
    def peer_power(self) -> Power | None:
        """What the peer's console said, as lately as it can: a slow one is no dead one."""
        slowest = max(self.settings.console_answer, 2 * self.seen.console_took)
        return self.seen.power.fresh(self.now, self.settings.fresh + slowest)

    @property
    def store(self) -> Store | None:
        """The own PostgreSQL, measured lately."""
        return self.seen.store.fresh(self.now, self.settings.fresh)

    @property
    def database(self) -> Database | None:
        """What the own PostgreSQL is, measured lately."""
        store = self.store
        return None if store is None else store.database

    @property
    def serving(self) -> bool | None:
        """Address, trunks or usnd are held here, looked at lately."""
        return self.seen.serving.fresh(self.now, self.settings.fresh)

    @property
    def released(self) -> bool:
        """Nothing is held here: no address, no trunks, no open database; measured lately."""
        return self.serving is False and self.database not in (None, Database.PRIMARY)

    @property
    def in_state_for(self) -> float:
        """Seconds since the last transition."""
        return self.now - self.me.since

    @property
    def stalled_for(self) -> float:
        """Seconds that the commits of a paired active have waited; 0: they do not wait."""
        return 0.0 if self.me.stalled_since is None else self.now - self.me.stalled_since
