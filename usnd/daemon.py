"""The daemon: puts a node together, runs its parts, and stops them in good order. Calls stay up meanwhile.

`usnd run` calls it with the configuration. assembly.py makes those parts that are mostly configuration; who
works with whom, what starts first and what stops last stands here.
"""

import asyncio
import gc
import random
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from usnd.assembly import (
    Billing,
    NotReady,
    billing,
    certificate_watch,
    control_server,
    crl_watch,
    launches,
    link_settings,
    portal,
    provisioning,
    recordings,
    text_policy,
    trunks,
    voice_edge,
)
from usnd.ca.crl_watch import CrlWatch
from usnd.config.sections import Config
from usnd.control.acts import Acts
from usnd.control.provisioning import ProvisioningActs
from usnd.control.server import ControlServer
from usnd.domain.alarms.threshold import Limits
from usnd.monitoring.binds import Binds
from usnd.monitoring.gather import Gatherer
from usnd.monitoring.liveness import Health
from usnd.process.begin_when import begin_when
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.process.single_instance import AlreadyRunning, claim
from usnd.process.systemd import notify
from usnd.services.alarms.alarms import Alarms
from usnd.services.alarms.database_watch import watch_database
from usnd.services.alarms.stored import StoredAlarms
from usnd.services.conference.administration import Administration
from usnd.services.conference.call_router import CallRouter
from usnd.services.conference.conferences import Conferences
from usnd.services.conference.figures import conference_figures
from usnd.services.conference.last_seen import LastSeen
from usnd.services.conference.launch import Launches
from usnd.services.conference.voice_actions import VoiceActions
from usnd.services.dial_in.admission import DialIn, DialInRules
from usnd.services.dial_in.pin_space import PinCensus
from usnd.services.dial_in.wrong_pins import WrongPins
from usnd.services.figures import DatabaseFigures
from usnd.services.messaging.delivery_receipts import Receipts
from usnd.services.messaging.incoming import IncomingTexts
from usnd.services.messaging.outbox import Outbox
from usnd.services.portal.housekeeping import portal_chores
from usnd.services.portal.import_runner import ImportRunner
from usnd.services.provisioning.housekeeping import provisioning_chores
from usnd.services.transactions.housekeeping import Housekeeping
from usnd.smpp.link.link import SmscLink
from usnd.smpp.link.settings import BindKind, LinkSettings, LinkState
from usnd.store.core.trouble import DATABASE_ERRORS, DatabaseTrouble, in_words, sentence_of_all
from usnd.store.core.writer import Store
from usnd.store.core.writer_connection import StoreTaken
from usnd.store.revision import is_usable

_ALLOCATIONS = 10_000  # more than one text makes: a collection in between is the exception
_SWITCH = 0.0005
"""Seconds that a thread computes while the loop waits for the interpreter. A text takes many turns of it, and
the writer's units for a CRM would hold each up by Python's own 5 ms.
"""
_FLUSH_SECONDS = 3.0


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
                structlog.get_logger("usnd").info("usnd is ready and waits", when=str(when))
                await begin_when(when)
            await _run_alone(config, clock)
    except AlreadyRunning as error:
        raise Superseded(
            f"another usnd (process {error.process}) runs on this database: stop that one first"
        ) from error


async def _run_alone(config: Config, clock: Callable[[], datetime]) -> None:
    log, trouble = structlog.get_logger("usnd"), None
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
            sys.setswitchinterval(_SWITCH)
            await daemon.run(stopped)
            watching.cancel()
    except* StoreTaken:
        pass  # told below
    except* DATABASE_ERRORS as failed:
        if (trouble := sentence_of_all(config.store.url, failed)) is None:
            raise
    finally:
        await store.close()
        log.info("usnd stopped")
    if store.taken.is_set():
        raise Superseded("another usnd has taken the database over: this one has stopped, calls stay up")
    if trouble is not None:
        raise NotReady(trouble)


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
        self._config, self._store, self._clock, self._alarms = config, store, clock, Alarms(clock)
        self._stored_alarms = StoredAlarms(store, self._alarms, clock)
        self._outbox = Outbox(store, config.node.short_code, timedelta(seconds=config.texts.validity), clock)
        self._trunks = trunks(config, self._alarms)
        self._voice = voice_edge(config, self._trunks, self._alarms, clock)
        self._recordings = recordings(config, store, self._voice, self._alarms, clock)
        self._conferences = Conferences(
            store,
            self._outbox,
            VoiceActions(self._voice.calls, self._recordings),
            self._trunks,
            config.conference_rules(),
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
        watch = crl_watch(config, clock)
        self._certificates = certificate_watch(config, store, watch, self._alarms, clock)
        self._housekeeping = Housekeeping(store, clock, (provisioning_chores, portal_chores))
        self._imports = ImportRunner(store, config.node.home_region, clock)
        self._control = self._control_server(launching, watch, clock)
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

    def _control_server(
        self, launching: Launches, watch: CrlWatch | None, clock: Callable[[], datetime]
    ) -> ControlServer:
        region, rules = self._config.node.home_region, self._config.conference_rules()
        crm = provisioning(self._config, self._store, self._conferences, watch, clock)
        administration = Administration(self._store, self._conferences, launching, rules, region)
        people = portal(
            self._config, self._store, self._outbox, launching, administration, self._imports, clock
        )
        acts = Acts(administration, ProvisioningActs(crm), region, people)
        return control_server(self._config, acts, self._conferences.pictures)

    async def run(self, stopped: asyncio.Event) -> None:
        """Runs all parts until `stopped` is set; a part that fails stops all, and systemd starts it."""
        runtime, directory = self._config.node.runtime, RuntimeDirectory()
        billing_parts = self._billing_parts()  # before the first record is written
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._conferences.run())
            watching = [
                parts.create_task(self._stored_alarms.run()),
                parts.create_task(watch_database(self._store, self._alarms)),
            ]
            working = parts.create_task(self._health.run(runtime, directory))
            await self._conferences.loaded.wait()
            await self._stored_alarms.loaded.wait()
            sending = parts.create_task(self._outbox.run())
            expecting = parts.create_task(self._texts.run())
            showing = parts.create_task(self._gatherer().run(runtime, directory))
            keeping = parts.create_task(self._recordings.run())
            counting = parts.create_task(self._census.run())
            minding = (self._housekeeping, self._imports, *billing_parts)
            tidying = [parts.create_task(one.run()) for one in minding]
            if self._certificates is not None:
                tidying.append(parts.create_task(self._certificates.run()))
            parts.create_task(self._voice.run(self._router))
            checking = parts.create_task(self._voice.check_channels())
            await self._until_known(stopped)
            commanded = parts.create_task(self._control.run(directory))
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
            for one in (showing, *watching, *tidying):
                one.cancel()
            keeping.cancel()
            working.cancel()
            counting.cancel()
            checking.cancel()
            await self._voice.stop()
            self._conferences.stop()

    def _billing_parts(self) -> list[Billing | LastSeen]:
        own = billing(self._config, self._store, self._conferences, self._alarms, self._clock)
        return [*own, LastSeen(self._store, self._conferences, self._proved_at)]

    def _proved_at(self) -> datetime:
        """When Asterisk last made a call."""
        work = self._health.work()
        return self._clock() - timedelta(seconds=work.turned - work.called)

    async def _until_known(self, stopped: asyncio.Event) -> None:
        """Asterisk is surveyed, or does not answer, or we are to stop: texts and commands may come."""
        waiting = [
            asyncio.create_task(self._conferences.until_voice()),
            asyncio.create_task(stopped.wait()),
        ]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()

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
