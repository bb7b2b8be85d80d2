"""How a bond finds out which of its cables carries: by targets that answer, or by the link alone. Pure.

Called by usnd/pair/network/bond.py, a few times a second. The kernel's ARP monitor sees a switch that is dead
behind a good link, but takes the carrier from the whole bond when no target answers on any cable: a silent
gateway would switch both servers off. Then the links decide until a target answers again.

| monitor | what is seen | for | to be done |
|---|---|---|---|
| targets | no carrier of the bond, a member with carrier | `silence` | WATCH_LINKS |
| links | a target answers | `return_after` | WATCH_TARGETS |
| links | nothing received, another member with carrier | `deaf` | CHANGE_MEMBER |
| links | no member with carrier | | nothing: there is no way |
"""

from dataclasses import dataclass, replace
from enum import Enum


class Monitor(Enum):
    """What tells the bond that a member is good."""

    TARGETS = "targets"
    LINKS = "links"


class BondAction(Enum):
    """WATCH_LINKS, WATCH_TARGETS: change the monitor. CHANGE_MEMBER: send by another member with carrier."""

    WATCH_LINKS = "watch the links"
    WATCH_TARGETS = "watch the targets"
    CHANGE_MEMBER = "change the member"


@dataclass(frozen=True, slots=True)
class BondSeen:
    """One look. carrier: of the bond. active: the member that sends, or empty.

    members: each member's own carrier. received: packets that the bond took in since it was made.
    answered: a target answered a question just now; not asked while the kernel does.
    """

    monitor: Monitor
    carrier: bool
    active: str
    members: dict[str, bool]
    received: int
    answered: bool = False

    @property
    def others(self) -> tuple[str, ...]:
        """The members with carrier that do not send, in the order of their names."""
        return tuple(sorted(name for name, good in self.members.items() if good and name != self.active))


@dataclass(frozen=True, slots=True)
class BondTimes:
    """Seconds."""

    silence: float = 0.2
    return_after: float = 10.0
    deaf: float = 3.0


@dataclass(frozen=True, slots=True)
class BondWatch:
    """Since when: no carrier of the bond, a target answers, nothing comes in. None: it is not so now."""

    silent_since: float | None = None
    answered_since: float | None = None
    deaf_since: float | None = None
    received: int = -1


def decide(
    watch: BondWatch, seen: BondSeen, now: float, times: BondTimes
) -> tuple[BondWatch, BondAction | None]:
    """The watch after one look, and what to do. `now`: seconds of a clock that never goes back."""
    if not any(seen.members.values()):
        return BondWatch(received=seen.received), None
    if seen.monitor is Monitor.TARGETS:
        silent = None if seen.carrier else _since(watch.silent_since, now)
        after = BondWatch(silent_since=silent, received=seen.received)
        return _done(after, BondAction.WATCH_LINKS) if _for(silent, now, times.silence) else (after, None)
    after = BondWatch(
        answered_since=_since(watch.answered_since, now) if seen.answered else None,
        deaf_since=_since(watch.deaf_since, now) if seen.received == watch.received else None,
        received=seen.received,
    )
    if _for(after.answered_since, now, times.return_after):
        return _done(after, BondAction.WATCH_TARGETS)
    if seen.others and _for(after.deaf_since, now, times.deaf):
        return replace(after, deaf_since=now), BondAction.CHANGE_MEMBER
    return after, None


def _since(known: float | None, now: float) -> float:
    return now if known is None else known


def _for(since: float | None, now: float, seconds: float) -> bool:
    return since is not None and now - since >= seconds


def _done(after: BondWatch, action: BondAction) -> tuple[BondWatch, BondAction]:
    return BondWatch(received=after.received), action
