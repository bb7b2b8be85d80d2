"""The legs in Asterisk's own log: a record of calls in which no code of ours has a part. Pure.

Asterisk writes a line when a channel is answered and one when it ends (Channel Event Logging,
usnd/asterisk/conf/cel-usn.conf): event, time in seconds since 1970, unique id, channel, context. No number of
anybody is in it, and nothing is quoted. A channel that Asterisk has with itself, as of the health check, is
no leg.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from usnd.domain.conference.call_ids import conference_of

_ANSWER, _HANGUP = "ANSWER", "HANGUP"
_FIELDS = 5
_NETWORK = ("PJSIP/", "DAHDI/")
"""How the names of channels to the network begin."""
_OUTSIDE = frozenset({"usn-incoming", "usn-pin", "usn-refused"})
"""Where in the dialplan a call that came in is while it is in no conference."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Leg:
    """One call as Asterisk has it. Times are UTC. id: as of the call. outside: it ended in no conference."""

    id: str
    answered: datetime | None = None
    ended: datetime | None = None
    outside: bool = False

    @property
    def talked(self) -> timedelta:
        """From the answer to the end; nothing while one of them is not known."""
        if self.answered is None or self.ended is None:
            return timedelta(0)
        return self.ended - self.answered


@dataclass(frozen=True, slots=True)
class LegEvent:
    """One line of the log."""

    id: str
    at: datetime
    ends: bool
    outside: bool


@dataclass(slots=True)
class Log:
    """What was read. since: the earliest time in it; None: it has none. broken: lines that say nothing."""

    legs: dict[str, Leg]
    since: datetime | None = None
    broken: int = 0


def read(lines: Iterable[str], since: datetime, until: datetime) -> Log:
    """The legs that ended within the period, and those that were answered before its end and have no end.

    lines: of all files of the log, the oldest first.
    """
    log = Log({})
    for event in _events(lines, log):
        leg = log.legs.get(event.id, Leg(event.id))
        if event.ends:
            leg = replace(leg, ended=event.at, outside=event.outside)
        elif leg.answered is None:
            leg = replace(leg, answered=event.at)
        if leg.ended is not None and not since <= leg.ended < until:
            log.legs.pop(event.id, None)
        elif leg.ended is not None or event.at < until:
            log.legs[event.id] = leg
    return log


def _events(lines: Iterable[str], log: Log) -> Iterator[LegEvent]:
    for line in lines:
        fields = line.rstrip("\r\n").split(",")
        event = _event(fields)
        if event is None:
            log.broken += 1
            continue
        log.since = event.at if log.since is None else min(event.at, log.since)
        if fields[3].startswith(_NETWORK):
            yield event


def _event(fields: list[str]) -> LegEvent | None:
    if len(fields) != _FIELDS or fields[0] not in {_ANSWER, _HANGUP} or not fields[2]:
        return None
    try:
        at = _EPOCH + timedelta(seconds=float(fields[1]))
    except (ValueError, OverflowError):
        return None
    outside = fields[4] in _OUTSIDE and conference_of(fields[2]) is None
    return LegEvent(fields[2], at, fields[0] == _HANGUP, outside)
