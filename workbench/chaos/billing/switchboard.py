"""The state of the scripted switch: its channels, what each will do, and its own log. No I/O, no clock.

It stands in for Asterisk, which cannot run a month in minutes: what it does of its own accord is drawn from a
seed and the id of the call. scripted_switch.py gives it usnd's orders and the time, and usnd its events. The
calls go on while no usnd lives: the next life begins with what happened meanwhile. The log has the form of
Asterisk's CEL (usnd/asterisk/conf/cel-usn.conf) and tells the end of each call, also of those that die with a
server: as the network saw it. All times are milliseconds since 1970.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

Event = dict[str, str]
Tell = Callable[[Event], None]

RING_IN, RINGING, UP, DOWN = "4", "5", "6", "0"
ADMITTED_WITHIN = 5_000
_GOODBYE, _TURNED_AWAY = 3_000, 2_000
_HOUR = 3_600_000
_FOR_EVER = 30 * _HOUR
NORMAL_CLEARING = 16
_BUSY, _REJECTED, _ABSENT, _CONGESTED, _FAILED = 17, 21, 20, 34, 41


@dataclass(order=True)
class Moment:
    """What a channel does next: placed, rings, answers, joins, leaves, ends."""

    at: int
    what: str
    cause: int = 0


@dataclass
class Channel:
    """One call as the switch has it. talks: how long its person stays, once in the room."""

    id: str
    name: str
    context: str
    exten: str
    cli: str
    state: str = DOWN
    talks: int = _FOR_EVER
    answered: int | None = None
    joined: int | None = None
    bridged: bool = False
    moments: list[Moment] = field(default_factory=list)


@dataclass
class Arrival:
    """A subscriber who calls in."""

    at: int
    cli: str


@dataclass
class Board:
    """All that the switch knows. records: each server's AstDB. started: when each server's Asterisk did."""

    now: int
    seed: int
    long_talkers: list[str]
    call_in: str
    channels: dict[str, Channel] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    records: dict[str, dict[str, str]] = field(default_factory=dict)
    started: dict[str, int] = field(default_factory=dict)
    serial: int = 0


class Switchboard:
    """log: takes each line of the switch's log. node: the server whose usnd gives orders now."""

    def __init__(self, board: Board, node: str, log: Callable[[str], None]) -> None:
        self.board, self._node, self._log = board, node, log
        self.records = board.records.setdefault(node, {})
        board.started.setdefault(node, board.now)

    @property
    def due(self) -> int | None:
        """When something happens next."""
        moments = [moment.at for channel in self.board.channels.values() for moment in channel.moments]
        return min([*moments, *(one.at for one in self.board.arrivals)], default=None)

    def advance(self, until: int, tell: Tell) -> None:
        """All that happens until then, in its order. tell: gets usnd's events."""
        while (due := self.due) is not None and due <= until:
            self.board.now = max(due, self.board.now)
            for arrival in [one for one in self.board.arrivals if one.at == due]:
                self.board.arrivals.remove(arrival)
                self._comes_in(arrival, tell)
            for channel in [*self.board.channels.values()]:
                while channel.moments and channel.moments[0].at == due:
                    self._do(channel, channel.moments.pop(0), tell)
        self.board.now = max(until, self.board.now)

    def all_die(self, at: int) -> None:
        """Every channel is gone, as with its server: the network releases the calls. No record is left."""
        self.board.now = max(at, self.board.now)
        for channel in self.board.channels.values():
            self._log(_line("HANGUP", at, channel))
        self.board.channels.clear()
        self.board.arrivals.clear()

    # Orders; False: there is no such channel.

    def place(self, call: str, name: str, room: str, cli: str, number: str, ring: int) -> bool:
        """Dial. False: the id is in use."""
        if call in self.board.channels:
            return False
        self.board.serial += 1
        channel = Channel(call, f"{name}-{self.board.serial:08x}", "usn-join", room, cli)
        self._script(channel, number, ring)
        self.board.channels[call] = channel
        return True

    def release(self, call: str, cause: int) -> bool:
        """Hang up."""
        return self._from_now(call, Moment(self.board.now, "ends", cause))

    def send(self, call: str, context: str, exten: str) -> bool:
        """To another place in the dialplan."""
        channel = self.board.channels.get(call)
        if channel is None:
            return False
        now = self.board.now
        if context == "usn-join":
            moments = [Moment(now + 20, "answers"), Moment(now + 120, "joins")]
        elif context == "usn-goodbye":
            moments = [Moment(now, "leaves"), Moment(now + _GOODBYE, "ends", NORMAL_CLEARING)]
        else:
            moments = [Moment(now + _TURNED_AWAY, "ends", _REJECTED)]
        self._from_now(call, *moments)
        channel.context, channel.exten = context, exten
        return True

    def _from_now(self, call: str, *moments: Moment) -> bool:
        channel = self.board.channels.get(call)
        if channel is not None:
            channel.moments = [*moments]
        return channel is not None

    # What people do.

    def _script(self, channel: Channel, number: str, ring: int) -> None:
        """What this call comes to, by its id: the same in each run of the seed."""
        dice, now = Random(f"{self.board.seed} {channel.id}"), self.board.now  # noqa: S311 (people, no secret)
        own = number == channel.cli
        channel.moments = [Moment(now + 1, "placed")]
        fate = dice.random()
        if not own and fate < _UNANSWERED[-1][0]:
            cause = next(cause for share, cause in _UNANSWERED if fate < share)
            if cause == NORMAL_CLEARING:
                channel.moments += [Moment(now + 1_500, "rings"), Moment(now + ring, "ends", cause)]
            else:
                channel.moments.append(Moment(now + dice.randrange(200, 9_000), "ends", cause))
            return
        rings, answers = now + dice.randrange(700, 3_000), now + dice.randrange(3_000, 30_000)
        channel.moments += [Moment(rings, "rings"), Moment(answers, "answers")]
        channel.moments.append(Moment(answers + dice.randrange(30, 400), "joins"))
        channel.talks = self._talk(dice, channel.cli, own=own)

    def _talk(self, dice: Random, cli: str, *, own: bool) -> int:
        if cli in self.board.long_talkers:
            return dice.randrange(5 * _HOUR, 20 * _HOUR) if own else _FOR_EVER
        if own:
            return int(min(60 * 60_000, max(8_000, dice.lognormvariate(12.3, 1.0))))
        return dice.randrange(2_000, 40 * 60_000) if dice.random() < _LEAVES_EARLY else _FOR_EVER

    def _comes_in(self, arrival: Arrival, tell: Tell) -> None:
        """The subscriber calls in: rings until usnd says what becomes of it."""
        self.board.serial += 1
        call = f"{arrival.at // 1000}.{self.board.serial}"
        name = f"PJSIP/usn/{TRUNKS[0]}-{self.board.serial:08x}"
        channel = Channel(call, name, "usn-incoming", self.board.call_in, arrival.cli, RING_IN)
        channel.talks = self._talk(Random(call), arrival.cli, own=True)  # noqa: S311 (people, no secret)
        channel.moments = [Moment(arrival.at + ADMITTED_WITHIN, "ends", _FAILED)]
        self.board.channels[call] = channel
        who = {"uniqueid": call, "channel": name, "cli": arrival.cli, "dnis": self.board.call_in}
        tell({"event": "UserEvent", "userevent": "UsnIncoming", **who})

    def _do(self, channel: Channel, moment: Moment, tell: Tell) -> None:
        now, about = moment.at, {"uniqueid": channel.id, "channel": channel.name}
        match moment.what:
            case "placed":
                tell({"event": "Newchannel", "channelstate": DOWN, **about})
            case "rings":
                channel.state = RINGING
                tell({"event": "Newstate", "channelstate": RINGING, **about})
            case "answers":
                self._answers(channel, now)
                tell({"event": "Newstate", "channelstate": UP, **about})
            case "joins":
                channel.joined, channel.bridged = now, True
                channel.moments.append(Moment(now + channel.talks, "ends", NORMAL_CLEARING))
                tell({"event": "ConfbridgeJoin", "conference": channel.exten, **about})
            case "leaves" if channel.bridged:
                channel.bridged = False
                tell({"event": "ConfbridgeLeave", **about})
            case "ends":
                self._ends(channel, moment, tell)

    def _answers(self, channel: Channel, now: int) -> None:
        if channel.answered is None:
            self._log(_line("ANSWER", now, channel))
        channel.state, channel.answered = UP, channel.answered or now
        self.records[channel.id] = f"{channel.answered // 1000}"

    def _ends(self, channel: Channel, moment: Moment, tell: Tell) -> None:
        about = {"uniqueid": channel.id, "channel": channel.name}
        if channel.bridged:
            tell({"event": "ConfbridgeLeave", **about})
        if channel.context != "usn-incoming":
            times = [_seconds(one) for one in (channel.answered, moment.at)]
            self.records[channel.id] = f"{','.join(times)},{moment.cause},,{_seconds(channel.joined)}"
        self._log(_line("HANGUP", moment.at, channel))
        del self.board.channels[channel.id]
        tell({"event": "Hangup", "cause": str(moment.cause), "channelstate": channel.state, **about})
        self._perhaps_again(channel, moment)

    def _perhaps_again(self, channel: Channel, moment: Moment) -> None:
        """A subscriber whose call broke off calls in, now and then."""
        dice = Random(f"again {self.board.seed} {channel.id}")  # noqa: S311 (people, no secret)
        own = channel.id.endswith(("-1", "-1.2"))
        if own and channel.context == "usn-join" and channel.joined and dice.random() < _CALLS_IN:
            self.board.arrivals.append(Arrival(moment.at + dice.randrange(5_000, 90_000), channel.cli))


TRUNKS = ("trunk-msc", "trunk-two")
_CALLS_IN = 0.3
_LEAVES_EARLY = 0.4
_UNANSWERED = (
    (0.10, _BUSY),
    (0.19, NORMAL_CLEARING),
    (0.23, _REJECTED),
    (0.27, _ABSENT),
    (0.32, _CONGESTED),
)
"""Shares, added up, of calls that come to nothing; of the rest somebody answers."""


def listing(channels: Iterable[Channel]) -> list[Event]:
    """As CoreShowChannels has them."""
    return [
        {
            "uniqueid": one.id,
            "channel": one.name,
            "context": one.context,
            "exten": one.exten,
            "channelstate": one.state,
            "bridgeid": "room" if one.bridged else "",
        }
        for one in channels
    ]


def _line(event: str, at: int, channel: Channel) -> str:
    return f"{event},{at // 1000}.{at % 1000:03}000,{channel.id},{channel.name},{channel.context}"


def _seconds(at: int | None) -> str:
    return "" if at is None else str(at // 1000)
