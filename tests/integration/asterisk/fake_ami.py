"""A scripted AMI server. It shows what a real Asterisk cannot be made to do: split and oversize messages,
a log-in before it has booted, and every byte it was ever sent, over all connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workbench.parts.listening import end

Headers = dict[str, str]
BANNER = b"Asterisk Call Manager/11.0.0\r\n"


class FakeAmi:
    def __init__(self) -> None:
        self.port = 0
        self.asked: list[Headers] = []
        self.connections = 0
        self.mute: set[str] = set()
        self.refuse: set[str] = set()
        self.booted = True
        self.secret = "right"
        self.started = "10:00:00"
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """As a process that ends: nobody listens any more."""
        if self._server is not None:
            await end(self._server)
            self.cut()
            await asyncio.sleep(0.01)
        self._server = None

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def send(self, data: bytes) -> None:
        self._writers[-1].write(data)

    def event(self, **headers: str) -> None:
        self.send("".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n")

    def names(self) -> list[str]:
        return [action["Action"] for action in self.asked if action["Action"] != "Ping"]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        writer.write(BANNER)
        try:
            while text := (await reader.readuntil(b"\r\n\r\n")).decode():
                action = dict(line.split(": ", 1) for line in text.strip().split("\r\n"))
                self.asked.append(action)
                if action["Action"] not in self.mute:
                    self._answer(action)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, action: Headers) -> None:
        same = {"ActionID": action["ActionID"]}
        if action["Action"] == "Login" and action["Secret"] != self.secret:
            self.event(Response="Error", **same, Message="Authentication failed")
            self._writers[-1].close()
        elif action["Action"] in self.refuse:
            self.event(Response="Error", **same, Message="Permission denied")
        elif action["Action"] == "CoreStatus":
            self.event(Response="Success", **same, CoreStartupDate="2026-01-01", CoreStartupTime=self.started)
        else:
            self.event(Response="Success", **same)
        if action["Action"] == "Login" and self.booted:
            self.event(Event="FullyBooted", Status="Fully Booted")


@asynccontextmanager
async def fake_ami() -> AsyncIterator[FakeAmi]:
    server = FakeAmi()
    await server.open()
    try:
        yield server
    finally:
        await server.close()
