"""What the console, and later the portal, does with a subscriber's conferences (REQUIREMENTS C1, C8).

Owns whom a word means in a live conference, and that everything is committed when it is told. Refuses to
decide: a launch is decided as the text that would ask for it, a control as the key would be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from usnd.domain.conference.call import Call, CallState, Role
from usnd.domain.conference.model import OVER, Conference, Control, Feature, Participant, Rules, Step
from usnd.domain.directory.lookup import known_in, members_of
from usnd.domain.directory.model import Subscriber, people
from usnd.domain.messaging.message import IncomingText, OutgoingText
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.replies.catalogue import DEFAULT_LANGUAGE, Reply, Say, render
from usnd.domain.sms.decision import Decision
from usnd.domain.sms.interpreter import lines_busy
from usnd.domain.sms.words import Said, words_in
from usnd.services.conference.happenings import Happening
from usnd.services.conference.launch import Launcher, LaunchRequest
from usnd.services.conference.live import Conferences
from usnd.services.messaging.outbox import Outbox
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy
from usnd.store.core.writer_connection import StoreTaken

T = TypeVar("T")

REMEMBERED = timedelta(days=1)
"""How long a request is known by its id."""
_SOURCE = "console"
"""Stands in the place of the SMSC with what is kept of a launch."""


class Refused(Exception):
    """Nothing was done; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A launch: the text that would ask for it, for whom, by whom.

    `request`: by which a repetition is known; empty: by nothing.
    """

    subscriber: str
    body: str
    by: str
    request: str = ""

    @property
    def fingerprint(self) -> str:
        """Equal for repetitions; of a launch without a request id nobody asks."""
        return f"{_SOURCE} {self.subscriber} {self.request}" if self.request else _SOURCE


@dataclass(frozen=True, slots=True)
class Launched:
    """`conference`: None of a dry run. `again`: it was launched before, by the same request."""

    conference: int | None
    called: tuple[Participant, ...] = ()
    again: bool = False
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class _Committed:
    launched: Launched
    step: Step | None = None
    texts: tuple[OutgoingText, ...] = ()


class Administration:
    """Acts for subscribers. All raise Refused."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        conferences: Conferences,
        launcher: Launcher,
        rules: Rules,
        clock: Callable[[], datetime],
    ) -> None:
        """`clock` gives the time in UTC."""
        self._store = store
        self._outbox = outbox
        self._conferences = conferences
        self._launcher = launcher
        self._rules = rules
        self._clock = clock

    def live(self, conference_id: int | None = None) -> tuple[Conference, ...]:
        """All live conferences, or that one."""
        if conference_id is None:
            return self._conferences.live
        return (self._conference(conference_id),)

    def lately(self, conference_id: int | None = None) -> tuple[Happening, ...]:
        """What was pressed and said in them lately, the oldest first."""
        of = self._conferences.happenings.of
        found = (happening for one in self.live(conference_id) for happening in of(one.id))
        return tuple(sorted(found, key=lambda happening: happening.at))

    async def launch(self, asked: Asked, *, dry_run: bool) -> Launched:
        """Calls the subscriber and all that the text names, or says who would be called."""
        now, voice_up = self._clock(), self._conferences.voice_up

        def unit(tx: Transaction) -> _Committed:
            return self._commit(tx, asked, now, voice_up=voice_up, dry_run=dry_run)

        committed = await self._in_store(unit)
        recalled = committed.launched.conference if committed.launched.recalled else None
        if recalled is not None and not dry_run and not await self._conferences.recall(recalled):
            committed = await self._in_store(unit)
        for text in committed.texts:
            self._outbox.send(text)
        if committed.step is not None:
            self._conferences.adopt(committed.step)
        return committed.launched

    async def end(self, conference_id: int) -> None:
        """Everybody hears the goodbye and is released."""
        await self._ask(conference_id, Control(Feature.END, None))

    async def add(self, conference_id: int, words: tuple[str, ...]) -> tuple[Participant, ...]:
        """Calls more people into it; gives those who were not in it yet."""
        conference = self._conference(conference_id)
        directory = await self._in_store(lambda tx: tx.directory.load(conference.subscriber_id))
        named = Said(words_in(" ".join(words)), known=known_in(directory)).members
        members = members_of(named, directory, self._launcher.home_region)
        if isinstance(members, Reply):
            raise Refused(_in_words(members))
        live = [call for call in conference.calls if call.live]
        known = {conference.subscriber_number, *(call.number for call in live)}
        new = tuple(person for person in people(directory, members) if person.number not in known)
        if barred := [person.number for person in new if not self._rules.plan.permits(person.number)]:
            raise Refused(f"[numbers] bars {', '.join(barred)}: nobody was called")
        if len(live) + len(new) > self._rules.most_calls:
            raise Refused(f"that makes more than {self._rules.most_calls} calls: nobody was called")
        for person in new:
            await self._ask(conference_id, Control(Feature.ADD, None, person.number, person.name))
        return new

    async def drop(self, conference_id: int, who: str) -> Call:
        """Releases that participant's call."""
        call = self._in(conference_id, who)
        if call.role is Role.SUBSCRIBER:
            raise Refused(f"{who} is the subscriber: end the conference instead")
        await self._ask(conference_id, Control(Feature.DROP, None, target=call.id))
        return call

    async def mute(self, conference_id: int, who: str | None, *, on: bool) -> None:
        """Nobody hears that call, or any participant, until it is switched off."""
        control = Control(Feature.MUTE_ALL, None, on=on)
        if who is not None:
            control = Control(Feature.MUTE, None, target=self._in(conference_id, who).id, on=on)
        await self._ask(conference_id, control)

    async def lock(self, conference_id: int, *, on: bool) -> None:
        """Only who is called comes in, until it is switched off."""
        await self._ask(conference_id, Control(Feature.LOCK, None, on=on))

    def _conference(self, conference_id: int) -> Conference:
        found = (one for one in self._conferences.live if one.id == conference_id)
        if (conference := next(found, None)) is None or conference.state in OVER:
            raise Refused(f"conference {conference_id} does not run: see `usnd conference list`")
        return conference

    def _in(self, conference_id: int, who: str) -> Call:
        """The one live call that the word means."""
        conference = self._conference(conference_id)
        number = to_e164(who, self._launcher.home_region)
        calls = [call for call in conference.calls if call.live and call.state is not CallState.LEAVING]
        found = [c for c in calls if who == c.id or c.number == number or c.name.casefold() == who.casefold()]
        if len(found) > 1:
            raise Refused(f"{who} has several calls: name one of {', '.join(call.id for call in found)}")
        if not found:
            names = ", ".join(call.name or call.number or call.id for call in calls)
            raise Refused(f"{who} is not in conference {conference_id}: in it are {names}")
        return found[0]

    async def _in_store(self, unit: Callable[[Transaction], T]) -> T:
        try:
            return await self._store.run(unit)
        except (StoreBusy, StoreTaken) as error:
            raise Refused("the database is busy: try again") from error

    async def _ask(self, conference_id: int, control: Control) -> None:
        self._conference(conference_id)
        await self._conferences.ask(conference_id, control)

    def _commit(
        self, tx: Transaction, asked: Asked, now: datetime, *, voice_up: bool, dry_run: bool
    ) -> _Committed:
        owner = tx.subscribers.by_number(asked.subscriber)
        if owner is None:
            raise Refused(f"{asked.subscriber} is not registered: usnd subscriber add {asked.subscriber}")
        if asked.request and (earlier := self._earlier(tx, asked, now)) is not None:
            return _Committed(Launched(earlier, again=True))
        request = self._launcher.decide(tx, owner, asked.body, now, voice_up=voice_up)
        called = request.decision.launch
        if request.decision.recall and request.decision.reply.say is Say.RECALLED:
            return _Committed(Launched(request.running, recalled=True))
        if not called:
            raise _refusal(owner, request.decision)
        if dry_run:
            return _Committed(Launched(None, called))
        return self._kept(tx, asked, owner, request, now)

    def _kept(
        self, tx: Transaction, asked: Asked, owner: Subscriber, request: LaunchRequest, now: datetime
    ) -> _Committed:
        """The launch, with what was asked for kept as a text that came in: so a repetition finds it."""
        text = IncomingText(_SOURCE, asked.by, owner.number, "", asked.body, asked.fingerprint)
        (mo_id,) = tx.texts.add_mo([text], now)
        launched = self._launcher.launch(tx, request, now, mo_id=mo_id)
        if launched is None:
            raise _refusal(owner, lines_busy(owner))
        step, texts = launched
        return _Committed(Launched(step.conference.id, request.decision.launch), step, texts)

    def _earlier(self, tx: Transaction, asked: Asked, now: datetime) -> int | None:
        known = tx.texts.earlier({asked.fingerprint}, now - REMEMBERED).get(asked.fingerprint)
        return None if known is None else tx.conferences.launched_by(known.id)


def _refusal(owner: Subscriber, decision: Decision) -> Refused:
    return Refused(f'not for {owner.number}, who would be told by text: "{_in_words(decision.reply)}"')


def _in_words(message: Reply) -> str:
    return render(message.said_in(DEFAULT_LANGUAGE))
