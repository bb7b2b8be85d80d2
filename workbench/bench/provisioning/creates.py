"""`python -m workbench.bench.provisioning.creates`: terminals that create subscribers, on 64 connections.

A process of its own with one thread: what it costs is told, and not the product's. Each connection has one
request at a time, its own TLS with the terminal's certificate. Prints one line of JSON.
"""

import argparse
import json
import resource
import select
import ssl
import statistics
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.parts.crm.terminal import ONE, Terminal, create, number, request

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"ontent-Length: "
_PIECE = 65_536
_LONGEST_WAIT = 30.0


@dataclass
class Created:
    """What came of it. Seconds; `ms`: of each request, from when it was due."""

    seconds: float
    codes: Counter[str] = field(default_factory=Counter)
    ms: list[float] = field(default_factory=list)
    client_cpu_s: float = 0.0

    def as_result(self) -> dict[str, object]:
        """For who started it."""
        done = self.codes["1000"]
        percentiles = (
            statistics.quantiles(self.ms, n=100, method="inclusive") if len(self.ms) > 1 else [0.0] * 99
        )
        return {
            "seconds": self.seconds,
            "codes": dict(self.codes),
            "client_cpu_s": self.client_cpu_s,
            "done": done,
            "per_s": done / self.seconds,
            "median_ms": statistics.median(self.ms) if self.ms else 0.0,
            "p99_ms": percentiles[98],
        }


class _Connection:
    """One, with the request under way."""

    def __init__(self, terminal: Terminal) -> None:
        connection = terminal.connection()
        connection.connect()
        self.socket: ssl.SSLSocket = connection.sock
        self.socket.setblocking(False)  # noqa: FBT003 # no keyword
        self._keep = connection
        self.due = 0.0
        self._received = b""

    def ask(self, octets: bytes, due: float) -> None:
        """Small enough for the socket's buffer."""
        self.due, self._received = due, b""
        if self.socket.send(octets) != len(octets):
            raise ConnectionError("a request does not fit into the socket")

    def answer(self) -> bytes | None:
        """The whole answer; None: there is more to come. Raises ConnectionError at its end."""
        while True:
            try:
                piece = self.socket.recv(_PIECE)
            except ssl.SSLWantReadError:
                break
            if not piece:
                raise ConnectionError("the connection was closed")
            self._received += piece
        head, found, body = self._received.partition(_HEAD_END)
        if not found:
            return None
        length = int(head.partition(_LENGTH)[2].partition(b"\r\n")[0])
        return self._received if len(body) >= length else None


def documents(first: int) -> Iterator[bytes]:
    """Requests for new subscribers, each another, as they are on the wire."""
    nth = first
    while True:
        body = request(f"load-{nth}", create(number(nth), f"<name>Person {nth}</name>"))
        head = f"POST {ONE} HTTP/1.1\r\nHost: usn\r\nContent-Type: application/xml\r\n"
        yield f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        nth += 1


def load(terminal: Terminal, connections: int, seconds: float, first: int, rate: float) -> Created:
    """`rate`: requests a second, whether or not those before are answered; 0: as many as are taken."""
    crowd = [_Connection(terminal) for _ in range(connections)]
    poll = select.epoll()
    by_file = {one.socket.fileno(): one for one in crowd}
    for number_ in by_file:
        poll.register(number_, select.EPOLLIN)
    created, ready = Created(seconds), deque(crowd)
    wanted = documents(first)
    begun = time.monotonic()
    sent, over = 0, begun + seconds
    cpu = time.process_time()
    while (now := time.monotonic()) < over or (len(ready) < connections and now < over + _LONGEST_WAIT):
        while ready and now < over:
            due = begun + sent / rate if rate else now
            if due > now:
                break
            ready.popleft().ask(next(wanted), due)
            sent += 1
        for file, _ in poll.poll(_until_due(begun, sent, rate, now)):
            one = by_file[file]
            answer = one.answer()
            if answer is not None:
                _note(created, answer, one, over)
                ready.append(one)
    created.client_cpu_s = time.process_time() - cpu
    return created


def _until_due(begun: float, sent: int, rate: float, now: float) -> float:
    return max(0.0005, min(0.05, begun + sent / rate - now)) if rate else 0.05


def _note(created: Created, answer: bytes, one: _Connection, over: float) -> None:
    now = time.monotonic()
    if now > over:
        return
    code = answer.partition(b'code="')[2][:4].decode()
    created.codes[code] += 1
    created.ms.append((now - one.due) * 1000)


def main() -> int:
    """One run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--files", type=Path, nargs=3, required=True, help="authority, certificate, key")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--first", type=int, required=True, help="of the numbers")
    parser.add_argument("--rate", type=float, default=0.0)
    chosen = parser.parse_args()
    files: Sequence[Path] = chosen.files
    terminal = Terminal(chosen.port, files[0], files[1], files[2])
    created = load(terminal, chosen.connections, chosen.seconds, chosen.first, chosen.rate)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**created.as_result(), "client_mb": round(peak / 1024, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
