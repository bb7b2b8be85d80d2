"""The streams of live pages (text/event-stream): who may have one, and for how long.

The site's event loop gives it each request first (server.py). Sessions are looked up for many at a time: when
pages come, and every few seconds for all that are open, so that a session that ended anywhere ends its pages.
The database is read in a thread, and no stream holds one.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import structlog

from usnd.domain.portal.sessions import SessionState, digest_of, is_to_be_seen, state_of
from usnd.domain.provisioning.codes import Code
from usnd.store.core.reader import StoreAway
from usnd.store.portal.sessions import SignedIn
from usnd.web.asked import Asked
from usnd.web.clock import utc_now
from usnd.web.exchange import Exchange
from usnd.web.note import Note
from usnd.web.portal.behind import Behind
from usnd.web.portal.live.hub import Hub, LivePage, Looker
from usnd.web.portal.reception import Kept, kept_by
from usnd.web.portal.words import Languages

PATH = "/live/stream"
MOST = 3000
"""Pages that are open at a time; some more wait until their sessions are looked up."""
MOST_EACH = 20
"""Of one subscriber. Tabs of one browser share one."""
_LOT = 500
"""Sessions that are looked up at once."""
_LOOK = 3.0
_BEAT = 2.0
"""Seconds between two words to a page: so it knows soon that its server has died."""
_CALM = 5
"""Beats for one to a page on which nothing runs: telephones sleep in between."""
_MOST_FAILURES = 5
"""Looks in a row without a database, after which nobody is shown anything any more."""
_HEADERS = (("Content-Type", "text/event-stream; charset=utf-8"), ("X-Accel-Buffering", "no"))
_REFUSED = (("Content-Type", "text/plain; charset=utf-8"),)

_log = structlog.get_logger("usnd.web")


@dataclass(slots=True)
class _Coming:
    connection: Exchange
    note: Note
    kept: Kept
    digest: str


class _Stream:
    """One that is open: what its connection says goes to the hub."""

    __slots__ = ("_streams", "connection", "kept", "note", "page")

    def __init__(self, streams: "LiveStreams", coming: _Coming) -> None:
        self._streams, self.connection = streams, coming.connection
        self.note, self.kept = coming.note, coming.kept
        self.page: LivePage | None = None

    def drained(self) -> None:
        """There is room: what it has missed."""
        if self.page is not None:
            self._streams.hub.tell(self.page)

    def gone(self) -> None:
        """The page, or its connection."""
        self._streams.gone(self)


class LiveStreams:
    """Answers in the event loop (`AtOnce`). languages: those of the pages."""

    def __init__(self, behind: Behind, hub: Hub, languages: Languages) -> None:
        self._behind, self.hub, self._languages = behind, hub, languages
        self._coming = list[_Coming]()
        self._open = set[_Stream]()
        self._came = asyncio.Event()
        self._failures = 0
        self._tasks = list[asyncio.Task[None]]()
        self._noting: asyncio.Future[None]

    def start(self) -> None:
        """The loop runs."""
        self._noting = asyncio.get_running_loop().create_future()
        self._noting.set_result(None)
        self._tasks = [asyncio.create_task(_lasting(each)) for each in (self._let_in, self._look, self._beat)]

    def close(self) -> None:
        """The loop is about to end."""
        for task in self._tasks:
            task.cancel()
        self.hub.stop()

    def take(self, asked: Asked, note: Note, connection: Exchange) -> bool:
        """Takes what asks for a stream."""
        if asked.path != PATH or asked.method != "GET":
            return False
        note.operation = f"GET {PATH}"
        kept = kept_by(asked.headers)
        one = _Coming(connection, note, kept, digest_of(kept.token))
        if len(self._open) + len(self._coming) >= MOST:
            self._refuse(one, Code.TOO_MANY_REQUESTS)
        elif not kept.token:
            self._refuse(one, None)
        else:
            self._coming.append(one)
            self._came.set()
        return True

    def gone(self, stream: _Stream) -> None:
        """Its connection has ended."""
        self._open.discard(stream)
        if stream.page is not None:
            self.hub.close(stream.page)
            stream.page = None
        stream.note.code = 200
        stream.note.tell()

    async def _let_in(self) -> None:
        """All who have come by then with one look."""
        while True:
            await self._came.wait()
            lot, self._coming = self._coming[:_LOT], self._coming[_LOT:]
            if not self._coming:
                self._came.clear()
            try:
                found = await self._sessions([one.digest for one in lot])
            except StoreAway:
                for one in lot:
                    self._refuse(one, Code.NOT_ACTIVE)
                continue
            now = utc_now()
            for one in lot:
                try:
                    self._begin(one, found.get(one.digest), now)
                except Exception:  # noqa: BLE001 # one page must not keep the others out
                    _log.error("unforeseen error", server=one.note.server, exc_info=True)
                    one.connection.close()

    def _begin(self, coming: _Coming, found: SignedIn | None, now: datetime) -> None:
        if found is None or not _is_open(found, now):
            self._refuse(coming, None)
            return
        subscriber = found.subscriber
        if self.hub.count_of(subscriber.id) >= MOST_EACH:
            self._refuse(coming, Code.TOO_MANY_REQUESTS)
            return
        language = self._languages.of(coming.kept.wished, subscriber.language)
        stream = _Stream(self, coming)
        self._open.add(stream)
        coming.connection.stream("200 OK", _HEADERS, stream)
        looker = Looker(subscriber.id, language, subscriber.time_zone, coming.digest)
        stream.page = self.hub.open(looker, coming.connection)

    def _refuse(self, coming: _Coming, code: Code | None) -> None:
        """None: they are not signed in."""
        coming.note.code = code.value if code is not None else 403
        status = {None: "403 Forbidden", Code.TOO_MANY_REQUESTS: "429 Too Many Requests"}
        coming.connection.answer(status.get(code, "503 Service Unavailable"), _REFUSED, b"")
        coming.note.tell()

    async def _sessions(self, digests: Sequence[str]) -> dict[str, SignedIn]:
        return await asyncio.to_thread(self._behind.sessions, digests)

    async def _look(self) -> None:
        """Whose session has ended is told so, and shown nothing any more."""
        while True:
            await asyncio.sleep(_LOOK)
            streams = [one for one in self._open if one.page is not None]
            for first in range(0, len(streams), _LOT):
                await self._look_at(streams[first : first + _LOT])

    async def _look_at(self, streams: Iterable[_Stream]) -> None:
        of = {one: one.page.looker.digest for one in streams if one.page is not None}
        try:
            found = await self._sessions([*{*of.values()}])
        except StoreAway:
            self._failures += 1
            if self._failures >= _MOST_FAILURES:
                self._cut(of)
            return
        self._failures = 0
        now, due = utc_now(), dict[str, Kept]()
        for stream, digest in of.items():
            session = found.get(digest)
            if session is None or not _is_open(session, now):
                self._end(stream)
            elif is_to_be_seen(session.session, now) and self.hub.runs(session.subscriber.id):
                due[digest] = stream.kept
        if due and self._noting.done():
            self._noting = asyncio.ensure_future(self._note_seen([*due.values()]))

    async def _note_seen(self, those: Iterable[Kept]) -> None:
        """Who looks at their conference is there while it runs: nobody is signed out in the middle of it."""
        for one in those:
            await asyncio.to_thread(self._behind.is_there, one.token, one.source)

    def _end(self, stream: _Stream) -> None:
        if stream.page is not None:
            stream.page.end()
            stream.connection.close()

    def _cut(self, streams: Iterable[_Stream]) -> None:
        """Nobody can say whether they may look on: they come again."""
        _log.warning("live pages are closed: whose they are cannot be looked up")
        for one in [*streams]:
            one.connection.close()

    async def _beat(self) -> None:
        for nth in count(1):
            await asyncio.sleep(_BEAT)
            self.hub.beat(calm=nth % _CALM == 0)


async def _lasting(work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Goes on whatever happens: thousands of pages hang by it."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 # the one place for what nobody foresaw
            _log.error("unforeseen error in live pages", exc_info=True)
        await asyncio.sleep(1)


def _is_open(found: SignedIn, now: datetime) -> bool:
    state = state_of(found.session, now, suspended=found.subscriber.suspended)
    return state is SessionState.OPEN
