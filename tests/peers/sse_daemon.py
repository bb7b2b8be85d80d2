"""Live pages by Starlette and sse-starlette on uvicorn: what another maker's streams cost for the same
events.

Started in an environment of its own (`sse-requirements.txt`), so it imports nothing of ours. Streams are at
/live/stream; a cookie `to=N` says whose. What is to be sent comes as lines of JSON to the Unix socket that
FEED names: `[to, id, data]`. It looks up no session and renders nothing: it only sends.
"""

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from sse_starlette.sse import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

BEAT = 10
"""Seconds, as the portal's."""
pages: dict[str, set[asyncio.Queue[dict[str, str]]]] = defaultdict(set)
newest: dict[str, dict[str, str]] = {}


async def feed(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        to, number, data = json.loads(line)
        newest[to] = {"event": "parts", "id": str(number), "data": data}
        for page in pages[to]:
            page.put_nowait(newest[to])


async def stream(request: Request) -> EventSourceResponse:
    to = request.cookies["to"]
    page: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def events() -> AsyncIterator[dict[str, str]]:
        pages[to].add(page)
        try:
            if to in newest:
                yield newest[to]
            while True:
                yield await page.get()
        finally:
            pages[to].discard(page)

    return EventSourceResponse(events(), ping=BEAT)


@asynccontextmanager
async def fed(_app: Starlette) -> AsyncIterator[None]:
    server = await asyncio.start_unix_server(feed, os.environ["FEED"], limit=1 << 20)
    async with server:
        yield


if __name__ == "__main__":
    app = Starlette(routes=[Route("/live/stream", stream)], lifespan=fed)
    uvicorn.run(
        app,
        uds=os.environ["SOCKET"],
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level="warning",
        backlog=2048,
    )
