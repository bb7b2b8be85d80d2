"""The link to Asterisk's manager (AMI): connects, logs in, pings, and connects again when it is lost.

services/media_server/availability.py runs it and takes its events. calls.py, mutes.py, recorders.py and
probe.py send actions by it and get the answers. Without a link an action fails at once, and no action is ever
sent again. The manager user needs `read = call,user,system,dtmf` and
`write = originate,call,system,reporting`.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from usnd.asterisk.ami_connection import (
    AmiConnection,
    AmiDown,
    AmiError,
    AmiFailed,
    AmiRefused,
    AmiTimeout,
    DownReason,
    Fields,
    LinkDown,
)
from usnd.process.os_errors import reason

__all__ = [
    "Ami",
    "AmiDown",
    "AmiError",
    "AmiFailed",
    "AmiLink",
    "AmiRefused",
    "AmiSettings",
    "AmiTimeout",
    "DownReason",
    "Fields",
    "LinkDown",
    "LinkUp",
]


@dataclass(frozen=True, slots=True)
class AmiSettings:
    """Where Asterisk is and how patient we are; all times in seconds."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    events: str = "call,user,system,dtmf"
    """AMI classes. VarSet and Newexten (dialplan) would be nine tenths of all events."""
    answer_s: float = 2.0
    """To connect and to log in."""
    boot_s: float = 3.0
    """From log-in until Asterisk says that all modules are loaded; then we log in anew and are told again."""
    ping_every_s: float = 1.0
    ping_answer_s: float = 1.8
    """A frozen Asterisk is noticed within the sum of both."""
    retry_s: tuple[float, float] = (0.2, 2.0)
    denied_retry_s: tuple[float, float] = (5.0, 60.0)
    """First pause, doubled each time, and its cap."""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """Logged in, and Asterisk has booted."""

    started: str
    """When this Asterisk started, in its own words: another text is another process."""
    same: bool | None
    """The same process as at the log-in before; None at the first."""


class Ami(Protocol):
    """What the users of a link need of it."""

    async def action(self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]) -> Fields: ...

    async def listing(
        self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]
    ) -> list[Fields]: ...


_BOOTED = "FullyBooted"
OnEvent = Callable[[Mapping[str, str]], None]
OnUp = Callable[[LinkUp], Awaitable[None] | None]
OnDown = Callable[[LinkDown], None]


class AmiLink:
    """A link that stays up: run `run()` as a task, end it with `stop()`."""

    def __init__(
        self,
        settings: AmiSettings,
        on_event: OnEvent,
        on_up: OnUp,
        on_down: OnDown,
        wanted: frozenset[str] | None = None,
    ) -> None:
        """`on_event`: each event from log-in on, also while `on_up` runs. An exception there is logged.

        `wanted`: the names of these events; Asterisk is asked to send no others. None: all.

        `on_up`: may use the link (the survey of calls); when it fails, the link is dropped and tried again.
        `on_down`: each time what is known of the outage changes, for example cut, then refused.
        """
        self._settings = settings
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._wanted = None if wanted is None else wanted | {_BOOTED}
        self._log = structlog.get_logger("usnd.asterisk")
        self._session: AmiConnection | None = None
        self._booted = asyncio.Event()
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._started: str | None = None
        self._reported: LinkDown | None = None
        self._pauses: dict[bool, float] = {}

    @property
    def up(self) -> bool:
        """Logged in and booted."""
        return self._session is not None

    async def run(self) -> None:
        """Connects and connects again until `stop()`."""
        self._ended.clear()
        try:
            while not self._stopping.is_set():
                down = await self._connection()
                if self._stopping.is_set():
                    break
                self._report(down)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._pause(down))
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Ends the link and `run()`; nothing connects again. `on_down` is not called."""
        self._stopping.set()
        if self._session is not None:
            self._session.drop(LinkDown(DownReason.STOPPED, "stopped"))
        await self._ended.wait()

    async def action(self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]) -> Fields:
        """One action and its answer, header names in lower case; a list of values sends the header so often.

        Raises AmiRefused, AmiDown (not sent), AmiTimeout (sent, unknown), AmiFailed.
        """
        return (await self._live(name).request(name, fields, within_s=within_s))[0]

    async def listing(
        self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]
    ) -> list[Fields]:
        """An action answered by a list of events: the items. Raises as `action`."""
        return await self._live(name).request(name, fields, within_s=within_s, listing=True)

    def _live(self, name: str) -> AmiConnection:
        if self._session is None:
            raise AmiDown(f"{name}: no link")
        return self._session

    async def _connection(self) -> LinkDown:
        """One connection from dialling to its loss."""
        at = self._settings
        self._booted.clear()
        try:
            async with asyncio.timeout(at.answer_s):
                loop = asyncio.get_running_loop()
                _, session = await loop.create_connection(
                    lambda: AmiConnection(self._event, self._wanted), at.host, at.port
                )
        except ConnectionRefusedError:
            return LinkDown(DownReason.REFUSED, f"nobody listens at {at.host} port {at.port}")
        except TimeoutError:
            return LinkDown(DownReason.UNREACHABLE, f"no connection in {at.answer_s:g} s")
        except OSError as error:
            return LinkDown(DownReason.UNREACHABLE, reason(error))
        try:
            return await self._login(session) or await self._conversation(session)
        finally:
            self._session = None
            session.drop(LinkDown(DownReason.STOPPED, "stopped"))

    async def _login(self, session: AmiConnection) -> LinkDown | None:
        at = self._settings
        fields = {"Username": at.username, "Secret": at.secret, "Events": at.events}
        try:
            await session.request("Login", fields, within_s=at.answer_s)
            await self._choose_events(session)
        except AmiFailed as error:
            return LinkDown(DownReason.DENIED, f"user {at.username}: {error}")
        except (AmiDown, AmiTimeout) as error:
            if session.closed:
                return session.lost.result()
            return LinkDown(DownReason.FROZEN, str(error))
        return None

    async def _choose_events(self, session: AmiConnection) -> None:
        """For this connection only. What comes all the same is left unread.

        From the first filter on nothing else comes: the end of the boot must not fall between two.
        """
        names = sorted(self._wanted or (), key=lambda name: (name != _BOOTED, name))
        criteria = [f"action(include),name({name})" for name in names]
        asked = [
            session.request(
                "Filter", {"Operation": "Add", "MatchCriteria": each}, within_s=self._settings.answer_s
            )
            for each in criteria
        ]
        try:
            await asyncio.gather(*asked)
        except AmiFailed as error:
            self._log.warning("asterisk sends events that nobody reads", answer=str(error))

    async def _conversation(self, session: AmiConnection) -> LinkDown:
        tasks = [asyncio.create_task(self._ping(session)), asyncio.create_task(self._open(session))]
        try:
            return await session.lost
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ping(self, session: AmiConnection) -> None:
        while True:
            await asyncio.sleep(self._settings.ping_every_s)
            try:
                await session.request("Ping", {}, within_s=self._settings.ping_answer_s)
            except AmiError as error:
                session.drop(LinkDown(DownReason.FROZEN, str(error)))
                return

    async def _open(self, session: AmiConnection) -> None:
        try:
            async with asyncio.timeout(self._settings.boot_s):
                await self._booted.wait()
            status = (await session.request("CoreStatus", {}, within_s=self._settings.answer_s))[0]
            self._session = session
            waiting = self._on_up(self._greet(status))
            if waiting is not None:
                await waiting
        except TimeoutError:
            session.drop(
                LinkDown(
                    DownReason.FAULT,
                    "no FullyBooted event: does Asterisk still load, or is `read = system` missing?",
                )
            )
        except Exception as error:  # noqa: BLE001 - the edge: logged, and tried again
            self._log.exception("asterisk link could not be put to use", error=str(error))
            session.drop(LinkDown(DownReason.FAULT, f"at log-in: {error}"))

    def _greet(self, status: Fields) -> LinkUp:
        started = f"{status.get('corestartupdate', '')} {status.get('corestartuptime', '')}"
        up = LinkUp(started, None if self._started is None else started == self._started)
        self._started = started
        self._reported = None
        self._pauses.clear()
        self._log.info("asterisk link up", asterisk_started=started, same_process=up.same)
        return up

    def _event(self, event: Fields) -> None:
        if event["event"] == _BOOTED:
            self._booted.set()
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - one event must not cost the connection
            self._log.exception("asterisk event not handled", name=event["event"])

    def _report(self, down: LinkDown) -> None:
        if down == self._reported:
            return
        self._reported = down
        speak = self._log.error if down.reason is DownReason.DENIED else self._log.warning
        speak("asterisk link down", reason=down.reason.value, detail=down.detail)
        try:
            self._on_down(down)
        except Exception:  # noqa: BLE001 - the link must come back whatever the daemon does
            self._log.exception("asterisk link loss not handled", reason=down.reason.value)

    def _pause(self, down: LinkDown) -> float:
        denied = down.reason is DownReason.DENIED
        first, cap = self._settings.denied_retry_s if denied else self._settings.retry_s
        pause = self._pauses.get(denied, first)
        self._pauses[denied] = min(cap, pause * 2)
        return pause
