"""The calls in Asterisk: placed, admitted to a room, muted, spoken to, released and surveyed over AMI.

services/conference/voice_actions.py gives the orders for conferences, services/dial_in/admission.py those for
calls that come in. What Asterisk says of a call comes back as news by `on_news`. Calls are placed no faster
than the set rate. What cannot be a number, a room or a call id is not sent. The other half is in the
dialplan: conf/extensions-usn.conf.
"""

import asyncio
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import structlog

from usnd.asterisk.ami import Ami, AmiError, AmiFailed, AmiRefused, AmiTimeout
from usnd.asterisk.mutes import Mutes
from usnd.asterisk.progress import RECORDS, News, Progress, Survey, survey
from usnd.asterisk.prompts import variable
from usnd.asterisk.technology.interface import Technology
from usnd.asterisk.technology.pjsip import PJSIP
from usnd.domain.conference.call import CallEvent, CallNews
from usnd.domain.trunks.number_format import TrunkNumbers, write

_NUMBER = re.compile(r"\+?[0-9]{1,40}")
_ROOM = re.compile(r"c[0-9]{1,18}")
_REASON = re.compile(r"[a-z][a-z-]{1,30}")
_TRUNK = re.compile(r"[a-z][a-z0-9-]{0,30}")
_CALL = re.compile(r"[A-Za-z0-9._-]{1,100}")
_NORMAL_CLEARING = 16
_ANSWER_S = 5.0
# So that the cause of a call that is never answered is noted: Asterisk 22 ignores PreDialGoSub with Async.
_NOTE_THE_END = r"CHANNEL(hangup_handler_wipe)=usn-ended\,s\,1"


@dataclass(frozen=True, slots=True)
class CallSettings:
    """How calls go out."""

    prefix: str = "usn-"
    """What the ids of our calls begin with."""
    originates_per_s: float = 60.0
    """Asterisk fails under a burst of Originate (asterisk#1928, #1962)."""
    technology: Technology = PJSIP
    """How trunks are reached."""
    codecs: str = "alaw"
    doubt_s: float = 1.0
    """How long a refused order may show a channel yet: a busy Asterisk tells of it late (22.10, measured)."""
    home_region: str = "ZZ"
    """Whose national numbers are meant where a trunk wants them so."""
    trunks: Mapping[str, TrunkNumbers] = field(default_factory=dict)
    """How each wants numbers written, E.164 if it says nothing."""

    def written(self, number: str, cli: str, trunk: str) -> tuple[str, str]:
        """The number to dial and the one to show, as that trunk wants them."""
        how = self.trunks.get(trunk, TrunkNumbers())
        return write(number, how.called_out, self.home_region), write(cli, how.calling_out, self.home_region)


class Pacer:
    """Gives every call its turn, in the order asked, at most `rate` a second."""

    def __init__(self, rate: float) -> None:
        self._spacing = 1 / rate
        self._next = 0.0

    def turn(self, now: float) -> float:
        """Seconds to wait from `now`."""
        at = max(now, self._next)
        self._next = at + self._spacing
        return at - now


class Calls:
    """The calls of this node. Give every AMI event to `hear`, and survey at each log-in."""

    def __init__(
        self,
        ami: Ami,
        settings: CallSettings,
        on_news: Callable[[News], None],
        clock: Callable[[], float],
    ) -> None:
        """`on_news`: in the order of the events. `clock`: monotonic, in seconds."""
        self._ami = ami
        self._settings = settings
        self._on_news = on_news
        self._clock = clock
        self._pacer = Pacer(settings.originates_per_s)
        self._progress = Progress(settings.prefix, settings.technology)
        self._holds = Mutes(ami)
        self._waiting: set[str] = set()
        self._unwanted: dict[str, int] = {}
        self._doubted: dict[str, asyncio.TimerHandle] = {}
        self._heard: set[str] | None = None
        """Of whom there was news since the survey began that goes on."""
        self._announced = itertools.count(1)
        self._releases: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("usnd.asterisk")

    @property
    def known(self) -> frozenset[str]:
        """The ids of all calls that news is taken of."""
        return self._progress.known

    @property
    def ordered(self) -> frozenset[str]:
        """The ids of calls that were ordered and show no channel yet."""
        return self._progress.expected

    def hear(self, event: Mapping[str, str]) -> None:
        """Takes one AMI event."""
        if self._progress.is_ours(event):
            self._holds.hear(event)
        news = self._progress.read(event)
        if news is None:
            return
        if isinstance(news, CallNews) and news.event is CallEvent.REFUSED:
            self._doubt(news)
            return
        if (doubted := self._doubted.pop(news.call, None)) is not None:
            doubted.cancel()
        if self._heard is not None:
            self._heard.add(news.call)
        cause = self._unwanted.pop(news.call, None)
        if cause is not None and isinstance(news, CallNews) and news.event is CallEvent.PLACED:
            release = asyncio.create_task(self._release_unwanted(news.call, cause))
            self._releases.add(release)
            release.add_done_callback(self._releases.discard)
        self._on_news(news)

    def _doubt(self, refused: CallNews) -> None:
        """Tells of the refusal, unless the call shows a channel first."""
        loop = asyncio.get_running_loop()
        self._doubted[refused.call] = loop.call_later(self._settings.doubt_s, self._refused, refused)

    def _refused(self, refused: CallNews) -> None:
        del self._doubted[refused.call]
        self._unwanted.pop(refused.call, None)
        self._on_news(refused)

    async def place(
        self, call: str, number: str, cli: str, room: str, ring: timedelta, *, trunk: str, ask: bool = False
    ) -> None:
        """Dials `number`, showing `cli`, into the room once it answers; waits for its turn to do so.

        `trunk`: that carries it. `ask`: who answers must press 1 first.

        Returns when Asterisk has taken the order: what follows is news. An id that waits already is not
        ordered twice; one that lives already is refused by Asterisk (22.10 then takes 15 s longer to stop).
        Raises AmiDown and AmiFailed (not dialled), AmiRefused, AmiTimeout (unknown: the next survey tells).
        """
        if not call.startswith(self._settings.prefix):
            raise AmiRefused(f"call id does not begin with {self._settings.prefix}")
        called, calling = self._settings.written(number, cli, trunk)
        order: dict[str, str | Sequence[str]] = {
            "ActionID": _checked(_CALL, "call id", call),
            "ChannelId": call,
            "Channel": self._dial(called, trunk),
            "CallerID": f"<{_checked(_NUMBER, 'calling number', calling)}>",
            "Context": "usn-ask" if ask else "usn-join",
            "Exten": _checked(_ROOM, "room", room),
            "Priority": "1",
            "Variable": [_NOTE_THE_END, _ordered_into(room)],
            "Timeout": str(int(ring / timedelta(milliseconds=1))),
            "Codecs": self._settings.codecs,
            "EarlyMedia": "false",
            "Async": "true",
        }
        if call not in self._waiting and await self._turn(call):
            await self._originate(call, order)

    async def _turn(self, call: str) -> bool:
        """Waits for the call's turn; False when it was hung up meanwhile."""
        self._waiting.add(call)
        try:
            if wait := self._pacer.turn(self._clock()):
                await asyncio.sleep(wait)
            if call in self._waiting:
                return True
        finally:
            self._waiting.discard(call)
        self._on_news(CallNews(call, CallEvent.ENDED, _NORMAL_CLEARING))
        return False

    async def _originate(self, call: str, order: Mapping[str, str | Sequence[str]]) -> None:
        self._progress.expect(call)
        try:
            await self._ami.action("Originate", within_s=_ANSWER_S, **order)
        except AmiTimeout:
            raise  # it may still become a call: news of it is expected
        except AmiError:
            self._progress.forget(call)
            self._unwanted.pop(call, None)
            raise
        self._log.info("call placed", call=call, room=order["Exten"])

    async def hang_up(self, call: str, cause: int = _NORMAL_CLEARING) -> bool:
        """Releases the call with a Q.850 cause, even one that waits for its turn or is just being dialled.

        False when Asterisk has no such call (any more). Raises AmiDown, AmiTimeout.
        """
        if call in self._waiting:
            self._waiting.discard(call)
            return True
        # Ordered, but without a channel Asterisk does not find it yet: `hear` releases it once it has one.
        expected = call in self._progress.expected
        if expected:
            self._unwanted[call] = cause
        return await self._release(call, cause) or expected

    async def _release(self, call: str, cause: int) -> bool:
        try:
            await self._ami.action("Hangup", Channel=_checked(_CALL, "call id", call), Cause=str(cause))
        except AmiFailed:
            return False
        return True

    async def _release_unwanted(self, call: str, cause: int) -> None:
        try:
            await self._release(call, cause)
        except AmiError as error:
            self._log.warning("call not released, the next survey shows it", call=call, error=str(error))

    async def admit(self, call: str, room: str) -> bool:
        """Answers a call that waits in `usn-incoming`, or moves an answered one, into the room.

        False when Asterisk has no such call (any more). Raises AmiDown, AmiTimeout.
        """
        variable, _, value = _ordered_into(room).partition("=")
        channel = _checked(_CALL, "call id", call)
        try:
            await self._ami.action("Setvar", Channel=channel, Variable=variable, Value=value)
        except AmiFailed:
            return False
        return await self._redirect(call, "usn-join", room)

    async def goodbye(self, call: str, reason: str) -> bool:
        """Takes an answered call out of its room, announces the reason and releases it. As `admit`."""
        return await self._redirect(call, "usn-goodbye", _checked(_REASON, "reason", reason))

    async def ask_pin(self, call: str, *, again: bool) -> bool:
        """Answers a call that waits in `usn-incoming` and asks it for a PIN. As `admit`."""
        return await self._redirect(call, "usn-pin", "again" if again else "s")

    async def turn_away(self, call: str, reason: str) -> bool:
        """Tells a call that waits, or typed a PIN, why it cannot join, and releases it. As `admit`."""
        return await self._redirect(call, "usn-refused", _checked(_REASON, "reason", reason))

    async def _redirect(self, call: str, context: str, exten: str) -> bool:
        channel = _checked(_CALL, "call id", call)
        try:
            await self._ami.action("Redirect", Channel=channel, Context=context, Exten=exten, Priority="1")
        except AmiFailed:
            return False
        return True

    async def mute(self, call: str, *, on: bool) -> bool:
        """Lets the others hear the call no more, or again. As `admit`."""
        try:
            await self._holds.mute(_checked(_CALL, "call id", call), on=on)
        except AmiFailed:
            return False
        return True

    async def announce(self, room: str, notice: str, count: int = 0) -> None:
        """Says a notice to all in the room; waits for its turn among the calls. Raises AmiError.

        A pair of Local channels is the only way in from outside: ConfBridge has no action that plays.
        """
        order = _ordered_into(room)
        await self._say(f"{room}@announce-usn-room", notice, f"USN_COUNT={count:d}", order)

    async def tell(self, call: str, notice: str, count: int = 0) -> None:
        """Says a notice to one call in a room; the others in it do not hear it. As `announce`."""
        await self._say(
            f"{_checked(_CALL, 'call id', call)}@announce-usn-call", notice, f"USN_COUNT={count:d}"
        )

    async def _say(self, to: str, notice: str, *variables: str) -> None:
        call = f"say-{next(self._announced)}-{to.partition('@')[0]}"
        await asyncio.sleep(self._pacer.turn(self._clock()))
        await self._ami.action(
            "Originate",
            within_s=_ANSWER_S,
            ChannelId=call,
            OtherChannelId=f"{call}-room",
            Channel=f"Local/{to}/n",
            Context="announce-usn",
            Exten=_checked(_REASON, "notice", notice),
            Priority="1",
            Variable=variables,
            Async="true",
        )

    async def use_prompts(self, prompts: Mapping[str, Path | None]) -> None:
        """Plays these files, named without extension, from now on; None: Debian's sound. Raises AmiError."""
        for name, path in prompts.items():
            await self._ami.action("Setvar", Variable=variable(name), Value=str(path or ""))

    async def survey(self) -> Survey:
        """What became of all calls while nobody listened. Raises AmiError."""
        before = self._progress.known
        self._heard = set()
        try:
            channels = await self._ami.listing("CoreShowChannels")
            records = await self._ami.listing("DBGetTree", Family=RECORDS)
            heard = frozenset(self._heard)
        finally:
            self._heard = None
        found = survey(channels, records, self._settings.prefix, self._settings.technology)
        self._progress.found(before - heard, found.live.keys() - heard)
        self._unwanted.clear()
        await self._holds.survey()
        for doubted in self._doubted.values():  # what is missing is ordered again
            doubted.cancel()
        self._doubted.clear()
        self._log.info("calls surveyed", live=len(found.live), settled=len(found.settled))
        return replace(found, heard=heard)

    def _dial(self, number: str, trunk: str) -> str:
        """The dial string. Neither part can hold what Asterisk would read: & , @ / or a line's end."""
        checked = _checked(_NUMBER, "number", number), _checked(_TRUNK, "trunk", trunk)
        return self._settings.technology.dial_string(*checked)

    async def forget(self, calls: Iterable[str]) -> None:
        """Deletes the records of calls that are settled and committed; one that is not there does no harm.

        Raises AmiDown, AmiTimeout.
        """
        for call in calls:
            try:
                await self._ami.action("DBDel", Family=RECORDS, Key=_checked(_CALL, "call id", call))
            except AmiFailed as error:
                self._log.debug("call record not there", call=call, error=str(error))


def _ordered_into(room: str) -> str:
    """The variable without which the dialplan lets nobody into the room: a channel does not inherit it."""
    return f"USN_ROOM={_checked(_ROOM, 'room', room)}"


def _checked(form: re.Pattern[str], what: str, text: str) -> str:
    if not form.fullmatch(text):
        raise AmiRefused(f"not a {what}: {text!r}")
    return text
