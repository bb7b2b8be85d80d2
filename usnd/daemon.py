"""The daemon: puts a node together, runs its parts, and stops them in good order. Calls stay up meanwhile.

`usnd run` calls it with the configuration. assembly.py makes those parts that are mostly configuration; who
works with whom, what starts first and what stops last stands here.
"""

import asyncio
import gc
import random
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from usnd.assembly import (
    NotReady,
    control_server,
    launches,
    link_settings,
    recordings,
    text_policy,
    trunks,
    voice_edge,
)
from usnd.config.sections import Config
from usnd.control.acts import Acts
from usnd.domain.alarms.threshold import Limits
from usnd.monitoring.binds import Binds
from usnd.monitoring.gather import Gatherer
from usnd.monitoring.liveness import Health
from usnd.process.single_instance import AlreadyRunning, claim
from usnd.process.systemd import notify
from usnd.services.alarms.alarms import Alarms
from usnd.services.alarms.database_watch import watch_database
from usnd.services.alarms.stored import StoredAlarms
from usnd.services.conference.administration import Administration
from usnd.services.conference.call_router import CallRouter
from usnd.services.conference.conferences import Conferences
from usnd.services.conference.figures import conference_figures
from usnd.services.conference.voice_actions import VoiceActions
from usnd.services.dial_in.admission import DialIn, DialInRules
from usnd.services.dial_in.pin_space import PinCensus
from usnd.services.dial_in.wrong_pins import WrongPins
from usnd.services.figures import DatabaseFigures
from usnd.services.messaging.delivery_receipts import Receipts
from usnd.services.messaging.incoming import IncomingTexts
from usnd.services.messaging.outbox import Outbox
from usnd.smpp.link.link import SmscLink
from usnd.smpp.link.settings import BindKind, LinkSettings, LinkState
from usnd.store.core.trouble import DatabaseTrouble, in_words
from usnd.store.core.writer import Store
from usnd.store.core.writer_connection import StoreTaken
from usnd.store.revision import is_usable

_ALLOCATIONS = 10_000  # more than one text makes: a collection in between is the exception
_FLUSH_SECONDS = 3.0
_LOOK_EVERY = 0.05
"""Seconds, for the file that lets a standby's daemon begin."""


class Superseded(Exception):
    """Another usnd has the database, and this one must not come back by itself; the message says which."""


def utc_now() -> datetime:
    """The daemon's clock, unless it is given another."""
    return datetime.now(UTC)


async def run(config: Config, clock: Callable[[], datetime] = utc_now, when: Path | None = None) -> None:
    """Runs the daemon until SIGTERM or SIGINT. `clock` gives the time in UTC.

    `when`: nothing is touched before this file is there. All is loaded by then: a standby is ready to begin.

    Raises:
        NotReady: the database cannot be used, or its tables are not those of this release.
        Superseded: another usnd of this server has the database, or one of another server took it over.
    """
    try:
        with claim(config.store.url):
            notify("READY=1")
            if when is not None:
                await _wait_for(when)
            await _run_alone(config, clock)
    except AlreadyRunning as error:
        raise Superseded(
            f"another usnd (process {error.process}) runs on this database: stop that one first"
        ) from error


async def _wait_for(when: Path) -> None:
    structlog.get_logger("usnd").info("usnd is ready and waits", when=str(when))
    there = await asyncio.to_thread(when.exists)
    while not there:
        notify("WATCHDOG=1")  # to wait is its work
        await asyncio.sleep(_LOOK_EVERY)
        there = await asyncio.to_thread(when.exists)


async def _run_alone(config: Config, clock: Callable[[], datetime]) -> None:
    log = structlog.get_logger("usnd")
    try:
        with in_words(config.store.url):
            ready = is_usable(config.store.url)
    except DatabaseTrouble as error:
        raise NotReady(str(error)) from error
    if not ready:
        raise NotReady("the database is not at this release: run `usnd db upgrade` first")
    store = Store.open(config.store.url)
    log.info("usnd starts", store=config.store.url.split("://", 1)[0])
    try:
        with _stop_signals() as stopped:
            watching = asyncio.create_task(_stop_when_taken(store, stopped))
            daemon = Daemon(config, store, clock)
            _spare_the_collector()
            await daemon.run(stopped)
            watching.cancel()
    except* StoreTaken:
        pass  # told below
    finally:
        await store.close()
        log.info("usnd stopped")
    if store.taken.is_set():
        raise Superseded("another usnd has taken the database over: this one has stopped, calls stay up")


def _spare_the_collector() -> None:
    """What is loaded once is never looked through again: each full collection held a launch up by 20 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)


async def _stop_when_taken(store: Store, stopped: asyncio.Event) -> None:
    await store.taken.wait()
    structlog.get_logger("usnd").error("database taken over by another usnd")
    stopped.set()


class Daemon:
    """All parts of one node, wired."""

    def __init__(self, config: Config, store: Store, clock: Callable[[], datetime]) -> None:
        self._config, self._store = config, store
        self._alarms = Alarms(clock)
        self._stored_alarms = StoredAlarms(store, self._alarms, clock)
        self._outbox = Outbox(store, config.node.short_code, timedelta(seconds=config.texts.validity), clock)
        self._trunks = trunks(config, self._alarms)
        self._voice = voice_edge(config, self._trunks, self._alarms, clock)
        self._recordings = recordings(config, store, self._voice, self._alarms, clock)
        rules = config.conference_rules()
        self._conferences = Conferences(
            store,
            self._outbox,
            VoiceActions(self._voice.calls, self._recordings),
            self._trunks,
            rules,
            config.key_menu(),
            clock,
        )
        launching = launches(config, store, self._outbox, self._conferences, self._trunks, clock)
        self._census = PinCensus(store, config.pin_rules(), self._alarms)
        self._dial_in = DialIn(
            store,
            self._conferences,
            self._voice.calls,
            self._trunks,
            launching,
            DialInRules(config.numbers_in(), config.guess_rules(), config.trunk_numbers()),
            self._census,
            WrongPins(config.guess_rules(), self._alarms, clock()),
            clock,
        )
        self._router = CallRouter(self._conferences, self._dial_in, self._voice.calls)
        administration = Administration(store, self._conferences, launching, rules, config.node.home_region)
        acts = Acts(administration, config.node.home_region)
        self._control = control_server(config, acts)
        self._health = Health(
            lambda: store.run(lambda tx: tx.ask()), self._voice.probe.call, lambda: self._voice.linked, notify
        )
        policy = text_policy(config)
        self._texts = IncomingTexts(store, self._outbox, self._conferences, self._trunks, policy, clock)
        self._receipts = Receipts(store, {smsc.name: smsc.group or smsc.name for smsc in config.smsc})
        self._links = [self._link(settings) for smsc in config.smsc for settings in link_settings(smsc)]
        for link in self._links:
            if link.settings.bind is not BindKind.RECEIVER:
                self._outbox.add(link)

    async def run(self, stopped: asyncio.Event) -> None:
        """Runs all parts until `stopped` is set; a part that fails stops all, and systemd starts it."""
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._conferences.run())
            watching = [
                parts.create_task(self._stored_alarms.run()),
                parts.create_task(watch_database(self._store, self._alarms)),
            ]
            working = parts.create_task(self._health.run(self._config.node.runtime))
            await self._conferences.loaded.wait()
            await self._stored_alarms.loaded.wait()
            sending = parts.create_task(self._outbox.run())
            expecting = parts.create_task(self._texts.run())
            showing = parts.create_task(self._gatherer().run(self._config.node.runtime))
            commanded = parts.create_task(self._control.run())
            keeping = parts.create_task(self._recordings.run())
            counting = parts.create_task(self._census.run())
            parts.create_task(self._voice.run(self._router))
            checking = parts.create_task(self._voice.check_channels())
            for link in self._links:
                parts.create_task(link.run())
            await stopped.wait()
            commanded.cancel()
            # No new texts, then no new calls; what is decided is saved before the store closes.
            await asyncio.gather(*(link.stop() for link in self._links))
            with suppress(TimeoutError):  # a database that is away: those texts go again
                await asyncio.wait_for(self._outbox.flush(), _FLUSH_SECONDS)
            sending.cancel()
            expecting.cancel()
            for one in (showing, *watching):
                one.cancel()
            keeping.cancel()
            working.cancel()
            counting.cancel()
            checking.cancel()
            await self._voice.stop()
            self._conferences.stop()

    def _gatherer(self) -> Gatherer:
        limit = self._config.texts.oldest_alarm
        store, conferences = self._store, self._conferences
        binds = Binds(self._links, self._outbox, self._receipts, self._alarms, Limits(limit, limit / 2))
        return Gatherer(
            self._alarms,
            binds,
            texts=self._texts.figures,
            trunks=self._trunks.figures,
            asterisk=self._voice.figures,
            conferences=lambda: conference_figures(conferences.live),
            dial_in=self._dial_in.figures,
            recordings=lambda: self._recordings.figures(conferences.live),
            database=lambda: DatabaseFigures(
                reachable=store.reachable, waiting=store.waiting, trouble=store.trouble
            ),
        )

    def _link(self, settings: LinkSettings) -> SmscLink:
        receives = settings.bind is BindKind.RECEIVER
        return SmscLink(
            settings,
            on_text=self._texts.receive,
            on_receipt=self._receipts.receive,
            on_state=_ignore if receives else self._on_state,
            clock=time.monotonic,
            rng=random.Random(),  # noqa: S311 - spreads reconnects, keeps no secret
            new_session=lambda: uuid.uuid4().hex,
        )

    def _on_state(self, smsc: str, state: LinkState) -> None:
        if state is LinkState.BOUND:
            self._outbox.bound(smsc)


def _ignore(_smsc: str, _state: LinkState) -> None:
    """A receiver sends nothing: its coming and going wakes nobody."""


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    yield stopped
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
