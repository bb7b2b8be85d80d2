"""Runs the conferences: news of calls go in, decisions are committed, then carried out.

All live conferences are here in memory, each with one writer, so that a conference is saved in the order of
its events, and events that come faster than commits are saved together. domain/conference/decide.py decides.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import structlog

from usnd.asterisk.progress import Digit, Survey
from usnd.domain.billing.cdr import NOWHERE, cdr_of, has_record
from usnd.domain.conference.announcements import Announce, CheckAlone, Tell
from usnd.domain.conference.call import Call, CallEvent, CallNews
from usnd.domain.conference.call_plan import ended_calls
from usnd.domain.conference.commands import (
    CallAction,
    ConferenceCommand,
    HangUp,
    PlaceCall,
    RoomAction,
    Step,
    Text,
)
from usnd.domain.conference.dtmf_menu import Menu
from usnd.domain.conference.events import CallsLost, Control, Event, Feature, Recall, StillAlone, TimePassed
from usnd.domain.conference.model import OVER, Conference, Rules
from usnd.domain.conference.transitions import may_be_placed, next_deadline, resume
from usnd.domain.messaging.message import OutgoingText
from usnd.domain.recording.control import open_recorders
from usnd.domain.recording.files import (
    RecordAction,
    RecorderNews,
    RecordEvent,
    StartRecording,
    StopRecording,
    part_of_recorder,
)
from usnd.domain.replies.catalogue import Reply
from usnd.domain.replies.conference import message_of
from usnd.services.conference.happenings import Happenings
from usnd.services.conference.journal import is_told, tell_calls, tell_committed
from usnd.services.conference.keypads import Keypads
from usnd.services.conference.pictures import Pictures
from usnd.services.conference.voice_actions import VoiceActions, news_of
from usnd.services.messaging.outbox import Outbox
from usnd.services.subscribers import is_suspended
from usnd.services.transactions.commits import surely
from usnd.services.trunks.trunks import Trunks
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

SURVEY_PATIENCE = 3.0
"""Seconds that those who come wait for the survey: a dead Asterisk must not keep texts out."""
_ALONE = 3.0
"""Seconds in which somebody else may come: who is the first in is not told so at once."""


@dataclass(slots=True)
class _Running:
    """A live conference: as it is, as it is saved, and what to do once it is saved."""

    conference: Conference
    saved: Conference
    commands: list[ConferenceCommand] = field(default_factory=list)
    untold: list[tuple[Conference, Conference]] = field(default_factory=list)
    """Before and after each change since it was saved that the journal tells once it is."""
    writer: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    due: datetime | None = None
    """What the timer waits for."""
    indexed: int = 0
    """How many of its calls can be found by their id."""


class Conferences:
    """All live conferences of this node."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        actions: VoiceActions,
        trunks: Trunks,
        rules: Rules,
        menu: Menu,
        clock: Callable[[], datetime],
    ) -> None:
        """`clock` gives the time in UTC."""
        self._store = store
        self._outbox = outbox
        self._actions = actions
        self._trunks = trunks
        self._rules = rules
        self._menu = menu
        self._keypads = Keypads(menu)
        self.happenings = Happenings()
        self.pictures = Pictures()
        self._clock = clock
        self._running: dict[int, _Running] = {}
        self._conference_of: dict[str, int] = {}
        self._tasks = asyncio.TaskGroup()
        self.origin = NOWHERE
        """What CDRs say of where they were written."""
        self.seen_until: datetime | None = None
        """When calls were last known to be up, by this life or the former one: see last_seen.py."""
        self.loaded = asyncio.Event()
        """Set when the conferences of the daemon's former life are taken up; nothing may come in before."""
        self._stopping = asyncio.Event()
        self._placing = asyncio.Event()
        self._log = structlog.get_logger("usnd.conference")

    @property
    def live(self) -> tuple[Conference, ...]:
        """Every live conference as it is now."""
        return tuple(running.conference for running in self._running.values())

    @property
    def voice_up(self) -> bool:
        """Calls can be placed now."""
        return self._placing.is_set()

    async def until_voice(self, patience: float = SURVEY_PATIENCE) -> None:
        """Returns when calls can be placed, or after `patience` seconds.

        For whoever takes orders: before the survey is done each launch is refused, though Asterisk is well.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._placing.wait()

    async def run(self) -> None:
        """Runs them until `stop`, and until all is saved; raises when something cannot be saved any more."""
        async with self._tasks:
            await self._load()
            self.loaded.set()
            await self._stopping.wait()
            for running in self._running.values():
                if running.timer is not None:
                    running.timer.cancel()

    def stop(self) -> None:
        """Lets `run` end; calls stay up."""
        self._placing.clear()
        self._stopping.set()

    def adopt(self, step: Step) -> None:
        """Runs a conference that is committed, from its launch or from a former life, and its commands."""
        running = _Running(step.conference, step.conference)
        self._running[step.conference.id] = running
        self._trunks.adopt(step.conference)
        self.pictures.changed(step.conference)
        self._refresh(running)
        self._carry_out(step.conference, step.commands)

    def withdraw(self, conference: Conference) -> None:
        """Ends a conference that is committed and that nobody wants any more: nobody is called."""
        self.adopt(Step(conference))
        self.apply(conference.id, Control(Feature.END, None))

    def of_call(self, call: str) -> int | None:
        """The id of the live conference that has the call."""
        return self._conference_of.get(call)

    def hear_recorder(self, news: RecorderNews) -> None:
        """Takes news of a recorder; one that no live conference has is stopped."""
        conference_id, _ = part_of_recorder(news.recorder) or (0, 0)
        if conference_id in self._running:
            self.apply(conference_id, news)
        elif news.event is RecordEvent.BEGUN:
            self.spawn(self._act(0, StopRecording(news.recorder)))

    def apply(self, conference_id: int, event: Event, at: datetime | None = None) -> None:
        """Lets the domain decide; what it decides is committed, then carried out."""
        running = self._running.get(conference_id)
        if running is None:
            return
        before = running.conference
        step = self._trunks.decide(before, event, self._rules, at or self._clock())
        if not (step.changes(before) or step.tells):
            self._carry_out(before, step.commands)
            if isinstance(event, TimePassed):
                self._refresh(running)  # the timer was early by the clock
            return
        running.conference = step.conference
        running.commands += step.commands
        tell_calls(self._log, before, step.conference)
        self._actions.follow(before, step.conference)
        self.pictures.changed(step.conference)
        if is_told(before, step.conference):
            running.untold.append((before, step.conference))
        self._refresh(running)
        if running.writer is None:
            running.writer = self.spawn(self._save(running))

    async def ask(self, conference_id: int, event: Event) -> Conference | None:
        """As `apply`, and waits until what was decided is committed; None if there is no such conference."""
        running = self._running.get(conference_id)
        if running is None:
            return None
        self.apply(conference_id, event)
        after = running.conference
        if running.writer is not None:
            await asyncio.wait({running.writer})
        return after

    async def end(self, conference_id: int) -> None:
        """Everybody hears the goodbye and is released; waits until that is committed. Safe to repeat."""
        await self.ask(conference_id, Control(Feature.END, None))

    async def recall(self, conference_id: int) -> bool:
        """Calls the subscriber back; False if the conference had ended, and that is committed."""
        after = await self.ask(conference_id, Recall())
        return after is not None and after.state not in OVER

    def lose_calls(self, at: datetime) -> None:
        """Asterisk died at that time, and every call with it."""
        self._placing.clear()
        for conference in self.live:
            for recorder in open_recorders(conference):
                self.apply(conference.id, RecorderNews(recorder, RecordEvent.LOST), at)
            up = (call.id for call in conference.calls if call.live)
            lost = CallsLost(tuple(CallNews(call, CallEvent.VOICE_LOST) for call in up))
            self.apply(conference.id, lost, at)

    def stop_placing(self) -> None:
        """The voice link is down: calls that are not placed yet wait for the next survey."""
        self._placing.clear()

    def go_on_from(self, found: Survey, known: Iterable[tuple[int, Call]], started: datetime | None) -> None:
        """Takes what a survey found of the calls that were known when it began; calls are placed again."""
        self._placing.set()
        now = self._clock()
        lost = defaultdict[int, list[CallNews]](list)
        for conference_id, call in known:
            # Of a call that has ended only signs of life are news: its release was lost.
            if call.live or call.id in found.live:
                for news, at in news_of(found, call, now, started, self.seen_until):
                    if news.event is CallEvent.VOICE_LOST:
                        lost[conference_id].append(news)
                    else:
                        self.apply(conference_id, news, at)
        for conference_id, calls in lost.items():
            self.apply(conference_id, CallsLost(tuple(calls)), now)

    def resume(self, there: Collection[str]) -> None:
        """After a survey: what was perhaps not carried out is done again. there: all calls in Asterisk."""
        for running in self._running.values():
            self._refresh(running)
        for call in there - self._conference_of.keys():
            self.release(call)
        for conference in self.live:
            self._carry_out(conference, resume(conference))

    def press(self, conference_id: int, pressed: Digit) -> None:
        """Takes a key of a call that is in the conference."""
        now = pressed.at or self._clock()
        chosen = self._keypads.press(pressed, now)
        if chosen is not None:
            asked, keys = chosen
            conference = self._running[conference_id].conference
            self.happenings.pressed(conference, asked, keys, now)
            if asked.feature is Feature.ADD:
                self.spawn(self._add(conference, asked))
            else:
                self.apply(conference_id, asked)

    async def _add(self, conference: Conference, asked: Control) -> None:
        """Only the store knows whether the subscriber is suspended: a command or the CRM may have done it."""
        pressed_at = self._clock()
        suspended = await surely(self._store, partial(is_suspended, subscriber=conference.subscriber_id))
        self.apply(conference.id, replace(asked, suspended=suspended), pressed_at)

    async def _load(self) -> None:
        """Takes up the conferences that were live when the daemon stopped (REQUIREMENTS C11)."""
        self.seen_until = await self._store.run(lambda tx: tx.calls_seen.at())
        for conference in await self._store.run(lambda tx: tx.conferences.live()):
            self._log.info("conference taken up", conference=conference.id, calls=len(conference.calls))
            self.adopt(Step(conference))

    async def _save(self, running: _Running) -> None:
        """Saves the conference as it is, again while it changes; a commit is followed by its commands."""
        while running.saved is not running.conference or running.commands:
            before, after = running.saved, running.conference
            commands, running.commands = running.commands, []
            untold, running.untold = running.untold, []
            texts = await surely(self._store, partial(self._write, before, after, tuple(commands)))
            running.saved = after
            for was, now in untold:
                tell_committed(self._log, was, now)
            for text in texts:
                self._outbox.send(text)
            self._carry_out(after, commands)
            if ended := [call.id for call in ended_calls(before, after)]:
                self.forget(ended)
        running.writer = None
        if not running.conference.live:
            del self._running[running.conference.id]
            for call in running.conference.calls:
                del self._conference_of[call.id]
            self._keypads.forget(call.id for call in running.conference.calls)
            self.happenings.forget(running.conference.id)
            self.pictures.gone(running.conference)

    def _write(
        self, before: Conference, after: Conference, commands: Iterable[ConferenceCommand], tx: Transaction
    ) -> list[OutgoingText]:
        tx.conferences.save(before, after)
        for call in filter(has_record, ended_calls(before, after)):
            tx.cdrs.add(cdr_of(after, call, self.origin))
            tx.usage.add(after.subscriber_id, call)
        now = self._clock()
        return tx.texts.queue_mt(
            [
                self._outbox.draft(command.number, self._text(tx, command), now)
                for command in commands
                if isinstance(command, Text)
            ]
        )

    def _text(self, tx: Transaction, command: Text) -> Reply:
        """In the subscriber's language, if they are still registered."""
        subscriber = tx.subscribers.by_number(command.number)
        message = message_of(command, self._menu)
        return message.said_in(subscriber.language) if subscriber else message

    def _carry_out(self, conference: Conference, commands: Iterable[ConferenceCommand]) -> None:
        for command in commands:
            if isinstance(command, Text):
                continue  # was queued in the transaction
            if isinstance(command, CheckAlone):
                asyncio.get_running_loop().call_later(_ALONE, self._still_alone, conference.id, command.call)
                continue
            if isinstance(command, Announce | Tell):
                self.happenings.said(conference, command, self._clock())
            if isinstance(command, PlaceCall | StartRecording) and not self.voice_up:
                continue  # the survey at the next link-up places it
            if isinstance(command, PlaceCall) and not self._in_time(conference.id, command.call):
                continue  # the commit took long: it was given up meanwhile, or is this moment
            self.spawn(self._act(conference.id, command))

    def _in_time(self, conference_id: int, call: str) -> bool:
        running = self._running.get(conference_id)
        return running is not None and may_be_placed(running.conference, call, self._rules, self._clock())

    def _still_alone(self, conference_id: int, call: str) -> None:
        if not self._stopping.is_set():
            self.apply(conference_id, StillAlone(call))

    async def _act(self, conference_id: int, action: CallAction | RoomAction | RecordAction) -> None:
        news = await self._actions.carry_out(action)
        if news is not None:
            self.apply(conference_id, news)

    def release(self, call: str) -> None:
        """Hangs up a call that no conference has."""
        self.spawn(self._act(0, HangUp(call)))

    def forget(self, calls: list[str]) -> None:
        """Deletes what Asterisk keeps of calls that are over and saved."""
        self.spawn(self._actions.forget(calls))

    def _refresh(self, running: _Running) -> None:
        """Keeps the index of calls and the timer true to the conference.

        Without a voice link no deadline is judged: what a survey finds may have happened in time.
        """
        conference = running.conference
        for call in conference.calls[running.indexed :]:
            self._conference_of[call.id] = conference.id
        running.indexed = len(conference.calls)
        due = next_deadline(conference, self._rules) if self.voice_up else None
        if due == running.due:
            return
        if running.timer is not None:
            running.timer.cancel()
            running.timer = None
        running.due = due
        if due is not None:
            wait = max(0.0, (due - self._clock()).total_seconds())
            loop = asyncio.get_running_loop()
            running.timer = loop.call_later(wait, self._time_passed, running)

    def _time_passed(self, running: _Running) -> None:
        running.timer = running.due = None
        if self.voice_up:
            self.apply(running.conference.id, TimePassed())

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Begins work that `run` waits for at the end."""
        return self._tasks.create_task(work)
