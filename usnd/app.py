"""The daemon: wires store, SMSC links, voice and services together, runs them, and stops in good order.

Owns the order of starting and stopping. Refuses decisions. Calls stay up when the daemon stops.
"""

import asyncio
import random
import secrets
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog

from usnd.alone import Taken, claim
from usnd.asterisk.ami import AmiSettings
from usnd.asterisk.calls import CallSettings
from usnd.config import Config, SmscConfig
from usnd.domain.ways_in import GuessRules
from usnd.services.conferences import Conferences
from usnd.services.outbox import Outbox
from usnd.services.taking import TextPolicy
from usnd.services.texts import Texts
from usnd.services.voice import VoiceEdge
from usnd.services.ways_in import WaysIn
from usnd.smpp.link import SmscLink
from usnd.smpp.received import Receipt
from usnd.smpp.session import Timers
from usnd.smpp.settings import LinkSettings, LinkState
from usnd.smpp.status import CommandStatus
from usnd.smpp.text import Alphabet
from usnd.store.revision import is_current
from usnd.store.session import StoreTaken
from usnd.store.trouble import DatabaseTrouble, in_words
from usnd.store.writer import Store


class NotReady(Exception):
    """The daemon cannot start; the message says what to do."""


class Superseded(Exception):
    """Another usnd has the database, and this one must not come back by itself; the message says which."""


def utc_now() -> datetime:
    """The only clock of the daemon."""
    return datetime.now(UTC)


async def run(config: Config) -> None:
    """Runs the daemon until SIGTERM or SIGINT.

    Raises:
        NotReady: the database cannot be used, or its tables are not those of this release.
        Superseded: another usnd of this server has the database, or one of another server took it over.
    """
    try:
        with claim(config.store.url):
            await _run_alone(config)
    except Taken as error:
        raise Superseded(
            f"another usnd (process {error.process}) runs on this database: stop that one first"
        ) from error


async def _run_alone(config: Config) -> None:
    log = structlog.get_logger("usnd")
    try:
        with in_words(config.store.url):
            ready = is_current(config.store.url)
    except DatabaseTrouble as error:
        raise NotReady(str(error)) from error
    if not ready:
        raise NotReady("the database is not at this release: run `usnd db upgrade` first")
    store = Store.open(config.store.url)
    log.info("usnd starts", store=config.store.url.split("://", 1)[0])
    try:
        with _stop_signals() as stopped:
            watching = asyncio.create_task(_stop_when_taken(store, stopped))
            await Daemon(config, store).run(stopped)
            watching.cancel()
    except* StoreTaken:
        pass  # told below
    finally:
        await store.close()
        log.info("usnd stopped")
    if store.taken.is_set():
        raise Superseded("another usnd has taken the database over: this one has stopped, calls stay up")


async def _stop_when_taken(store: Store, stopped: asyncio.Event) -> None:
    await store.taken.wait()
    structlog.get_logger("usnd").error("database taken over by another usnd")
    stopped.set()


class Daemon:
    """All parts of one node, wired."""

    def __init__(self, config: Config, store: Store) -> None:
        self._outbox = Outbox(
            store, config.node.short_code, timedelta(seconds=config.texts.validity), utc_now
        )
        self._voice = VoiceEdge(
            _ami(config),
            CallSettings(config.asterisk.dial, originates_per_s=config.asterisk.calls_per_second),
            timedelta(seconds=config.asterisk.frozen_after),
            utc_now,
        )
        rules = config.conference_rules()
        self._conferences = Conferences(
            store, self._outbox, self._voice.calls, rules, config.key_menu(), utc_now
        )
        policy = TextPolicy(
            config.text_rules(),
            rules,
            timedelta(seconds=config.texts.duplicate_window),
            config.courtesy_rules() if config.texts.answer_unregistered else None,
            timedelta(seconds=config.texts.validity),
            config.node.short_code,
            secrets.randbelow,
        )
        ways_in = WaysIn(
            store,
            self._outbox,
            self._conferences,
            self._voice.calls,
            config.numbers_in(),
            (config.text_rules(), rules, GuessRules()),
            utc_now,
        )
        self._conferences.serve(ways_in)
        self._texts = Texts(store, self._outbox, self._conferences, policy, utc_now)
        self._links = [self._link(smsc) for smsc in config.smsc]
        for link in self._links:
            self._outbox.add(link)

    async def run(self, stopped: asyncio.Event) -> None:
        """Runs all parts until `stopped` is set; a part that fails stops all, and systemd starts it."""
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._conferences.run())
            await self._conferences.loaded.wait()
            sending = parts.create_task(self._outbox.run())
            parts.create_task(self._voice.run(self._conferences))
            for link in self._links:
                parts.create_task(link.run())
            await stopped.wait()
            # No new texts, then no new calls; what is decided is saved before the store closes.
            await asyncio.gather(*(link.stop() for link in self._links))
            sending.cancel()
            await self._voice.stop()
            self._conferences.stop()

    def _link(self, smsc: SmscConfig) -> SmscLink:
        return SmscLink(
            _smsc(smsc),
            on_text=self._texts.receive,
            on_receipt=_on_receipt,
            on_state=self._on_state,
            clock=time.monotonic,
            rng=random.Random(),  # noqa: S311 - spreads reconnects, keeps no secret
            new_session=lambda: uuid.uuid4().hex,
        )

    def _on_state(self, smsc: str, state: LinkState) -> None:
        if state is LinkState.BOUND:
            self._outbox.bound(smsc)


async def _on_receipt(receipt: Receipt) -> CommandStatus:
    structlog.get_logger("usnd.texts").debug("receipt", smsc=receipt.smsc, stat=receipt.stat)
    return CommandStatus.ESME_ROK


def _ami(config: Config) -> AmiSettings:
    at = config.asterisk
    return AmiSettings(at.host, at.port, at.username, at.secret.reveal())


def _smsc(smsc: SmscConfig) -> LinkSettings:
    return LinkSettings(
        smsc.name,
        smsc.host,
        smsc.port,
        smsc.system_id,
        smsc.password.reveal(),
        system_type=smsc.system_type,
        alphabet=Alphabet(smsc.alphabet),
        window=smsc.window,
        rate=smsc.rate,
        timers=Timers(enquire_interval=smsc.enquire_interval, response=smsc.response_timeout),
    )


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    yield stopped
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
