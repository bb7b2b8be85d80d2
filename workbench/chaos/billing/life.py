"""One life of the engine, in a process of its own: usnd's services on its store, by a clock that is set.

What is left out of usnd: SMPP (its texts stay queued) and the AMI link; in its place is the scripted switch,
and what the voice edge tells the router is told here. month.py starts it, gives it orders, and kills it; or
it kills itself within a unit of work.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.connection import Connection

from usnd import assembly
from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.progress import News
from usnd.asterisk.recorders import Recorders
from usnd.config.load import load as load_config
from usnd.config.sections import Config
from usnd.domain.conference.launch import Named
from usnd.domain.recording.files import RecorderNews
from usnd.process import journal
from usnd.services.alarms.alarms import Alarms
from usnd.services.asker import Asker
from usnd.services.billing.watch import ExportWatch
from usnd.services.conference.call_router import CallRouter
from usnd.services.conference.conferences import Conferences
from usnd.services.conference.last_seen import LastSeen
from usnd.services.conference.launch import LaunchRequest
from usnd.services.conference.voice_actions import VoiceActions
from usnd.services.dial_in.admission import DialIn, DialInRules
from usnd.services.dial_in.pin_space import PinCensus
from usnd.services.dial_in.wrong_pins import WrongPins
from usnd.services.messaging.outbox import Outbox
from usnd.services.recording.recordings import Recordings
from usnd.smpp.link.link import SmscLink
from usnd.smpp.link.settings import LinkSettings
from usnd.smpp.pdu.status import CommandStatus
from usnd.store.core.writer import StoreBusy
from workbench.chaos.billing.orders import (
    Cut,
    Die,
    Happening,
    Launch,
    LifeSettings,
    Order,
    Pause,
    SwitchDies,
    load,
    save,
)
from workbench.chaos.billing.scripted_switch import ScriptedSwitch, milliseconds, moment
from workbench.chaos.billing.switchboard import Event, Switchboard
from workbench.chaos.billing.virtual_time import MortalStore, VirtualLoop, kill_myself


def live(settings: LifeSettings, orders: Connection) -> None:
    """The process."""
    out = os.open(settings.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(out, number)
    journal.set_up("text", "warning")
    loop = VirtualLoop()
    try:
        loop.run_until_complete(_live(settings, orders, loop))
    finally:
        loop.close()


async def _live(settings: LifeSettings, orders: Connection, loop: VirtualLoop) -> None:
    config = load_config(settings.config)
    store = MortalStore.open(config.store.url)
    store.loop = loop
    try:
        await Engine(settings, config, store, orders).run()
    finally:
        await store.close()


class Engine:
    """The parts, wired as the daemon does it."""

    def __init__(
        self, settings: LifeSettings, config: Config, store: MortalStore, orders: Connection
    ) -> None:
        self._settings, self._store, self._orders = settings, store, orders
        self._begins = moment(settings.begins)
        self._loop_time = asyncio.get_running_loop().time
        clock, alarms = self.clock, Alarms(self.clock)
        self._alarms = alarms
        self._legs = settings.log.open("a", buffering=1, encoding="ascii")
        self._board = load(settings.board)
        board = Switchboard(self._board, settings.node, lambda line: print(line, file=self._legs))
        self._switch = ScriptedSwitch(board, self._hear, clock)
        store.dying = self._die
        self._calls = Calls(self._switch, _how(config), self._hear_news, self._loop_time)
        trunks = assembly.trunks(config, alarms)
        outbox = _outbox(config, store, clock)
        self._conferences = Conferences(
            store,
            outbox,
            self._actions(config, store, alarms),
            trunks,
            config.conference_rules(),
            config.key_menu(),
            clock,
        )
        self._launches = assembly.launches(config, store, outbox, self._conferences, trunks, clock)
        dial_in = DialIn(
            store,
            self._conferences,
            self._calls,
            trunks,
            self._launches,
            DialInRules(config.numbers_in(), config.guess_rules(), config.trunk_numbers()),
            PinCensus(store, config.pin_rules(), alarms),
            WrongPins(config.guess_rules(), alarms, clock()),
            clock,
        )
        self._router = CallRouter(self._conferences, dial_in, self._calls)
        own = assembly.billing(config, store, self._conferences, alarms, clock)
        self._watch = next(part for part in own if isinstance(part, ExportWatch))
        seen = LastSeen(store, self._conferences, self._switch.proved_at)
        self._parts = [part for part in own if part is not self._watch] + [seen]

    def _actions(self, config: Config, store: MortalStore, alarms: Alarms) -> VoiceActions:
        """Nothing is recorded: there is no directory."""
        recorders = Recorders(self._switch, self._hear_recorder)
        sweep, rules = config.recording.sweep, config.keep_rules()
        return VoiceActions(self._calls, Recordings(store, recorders, None, rules, sweep, alarms, self.clock))

    def clock(self) -> datetime:
        """UTC, as the loop's time goes. From any thread."""
        return self._begins + timedelta(seconds=self._loop_time())

    async def run(self) -> None:
        """Until it is told to end."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._conferences.run())
            await self._conferences.loaded.wait()
            running = [tasks.create_task(part.run()) for part in self._parts]
            self._switch.wake()
            await self._survey()
            while (order := await self._next()) is not None:
                for happening in order.happenings:
                    tasks.create_task(self._happen(happening))
                await asyncio.sleep((moment(order.until) - self.clock()).total_seconds())
            for part in running:
                part.cancel()
            self._conferences.stop()

    async def _next(self) -> Order | None:
        """Says how it is, and waits for an order; time stands still."""
        await self._watch.look()
        raised = tuple(sorted({alarm.kind.name for alarm in self._alarms.raised}))
        self._keep_board()
        self._orders.send(Pause(milliseconds(self.clock()), len(self._conferences.live), raised))
        order: Order | None = self._orders.recv()
        return order

    async def _happen(self, happening: Happening) -> None:
        await self._until(happening.at)
        match happening:
            case Launch(subscriber=subscriber, numbers=numbers):
                await self._launch(subscriber, numbers)
            case Cut(until=until):
                self._switch.up = False
                self._router.stop_placing()
                await self._until(until)
                await self._survey()
            case SwitchDies(at=at, until=until):
                self._switch.up = False
                self._switch.board.all_die(at)
                self._router.stop_placing()
                self._router.lose_calls(moment(at))
                await self._until(until)
                self._board.started[self._settings.node] = until
                await self._survey()
            case Die(moment=when):
                self._store.moment, self._store.units = when, 0

    async def _until(self, at: int) -> None:
        await asyncio.sleep(max(0.0, (moment(at) - self.clock()).total_seconds()))

    async def _launch(self, subscriber: str, numbers: tuple[str, ...]) -> None:
        try:
            await self._launches.launch(LaunchRequest(subscriber, Named(numbers), Asker("traffic")))
        except StoreBusy:
            return

    async def _survey(self) -> None:
        self._switch.up = True
        await self._router.survey(moment(self._board.started[self._settings.node]))

    def _hear_news(self, news: News) -> None:
        self._router.hear(news)

    def _hear_recorder(self, news: RecorderNews) -> None:
        self._router.hear_recorder(news)

    def _hear(self, event: Event) -> None:
        self._calls.hear(event)

    def _keep_board(self) -> None:
        self._board.now = max(self._board.now, milliseconds(self.clock()))
        save(self._board, self._settings.board)

    def _die(self) -> None:
        """The engine's end; the switch goes on from where it is."""
        self._keep_board()
        kill_myself()


def _how(config: Config) -> CallSettings:
    return CallSettings(
        originates_per_s=config.asterisk.calls_per_second,
        home_region=config.node.home_region,
        trunks=config.trunk_numbers(),
    )


def _outbox(config: Config, store: MortalStore, clock: Callable[[], datetime]) -> Outbox:
    outbox = Outbox(store, config.node.short_code, timedelta(seconds=config.texts.validity), clock)
    for smsc in config.smsc:
        for link in assembly.link_settings(smsc):
            outbox.add(_unbound(link))
    return outbox


def _unbound(settings: LinkSettings) -> SmscLink:
    """A link that nobody runs: its texts stay queued."""
    return SmscLink(
        settings,
        on_text=_nothing_comes,
        on_receipt=_nothing_comes,
        on_state=lambda _smsc, _state: None,
        new_session=lambda: "none",
        clock=time.monotonic,
        rng=random.Random(),  # noqa: S311 (spreads reconnects, keeps no secret)
    )


async def _nothing_comes(what: object) -> CommandStatus:
    raise AssertionError(f"the link is not run, and brought {what}")
