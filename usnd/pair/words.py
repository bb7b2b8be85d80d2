"""What the two arbiters say to each other: one signed datagram several times a second over each path.

Owns the form, the signature, and that an old word never counts as a new one: words are numbered within the
sender's boots. A word is its sender's heartbeat on that path. Refuses to answer.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any

import msgspec
import structlog

from usnd.domain.pair.evidence import Word

_SIGNATURE = hashlib.sha256().digest_size
LONGEST = 1400
"""Octets: a datagram that no link cuts."""


class _Letter(msgspec.Struct, frozen=True, array_like=True):
    server: str
    number: int
    word: Word


def sealed(secret: bytes, server: str, number: int, word: Word) -> bytes:
    """A datagram."""
    body = msgspec.msgpack.encode(_Letter(server, number, word))
    return hmac.digest(secret, body, "sha256") + body


def opened(secret: bytes, server: str, datagram: bytes) -> tuple[int, Word] | None:
    """The number and the word, if it is the other server's and unchanged."""
    signature, body = datagram[:_SIGNATURE], datagram[_SIGNATURE:]
    if not hmac.compare_digest(signature, hmac.digest(secret, body, "sha256")):
        return None
    try:
        letter = msgspec.msgpack.decode(body, type=_Letter)
    except msgspec.MsgspecError:
        return None
    return None if letter.server == server else (letter.number, letter.word)


class Words:
    """The last word of the peer, and when it was heard on each path."""

    def __init__(self, secret: str, server: str, clock: Callable[[], float]) -> None:
        self._secret, self._server, self._clock = secret.encode(), server, clock
        self._paths: list[tuple[asyncio.DatagramTransport, tuple[str, int]]] = []
        self._number = 0
        self._last = (-1, -1)
        self.peer: Word | None = None
        self.heard: dict[str, float] = {}
        self._log = structlog.get_logger("usnd.pair")

    async def open(self, paths: Mapping[str, tuple[tuple[str, int], tuple[str, int]]]) -> None:
        """Listens on each path: name → (own address, peer's address). Raises OSError."""
        loop = asyncio.get_running_loop()
        for name, (local, peer) in paths.items():
            transport, _ = await loop.create_datagram_endpoint(
                lambda name=name: _Listener(self, name),  # type: ignore[misc]
                local_addr=local,
            )
            self._paths.append((transport, peer))

    def say(self, word: Word) -> None:
        """On all paths, each with the same number."""
        self._number += 1
        datagram = sealed(self._secret, self._server, self._number, word)
        assert len(datagram) <= LONGEST
        for transport, peer in self._paths:
            transport.sendto(datagram, peer)

    def take(self, path: str, datagram: bytes) -> None:
        """A datagram that came by a path. A forged or late one is nothing."""
        letter = opened(self._secret, self._server, datagram)
        if letter is None:
            return
        number, word = letter
        if (word.boot, number) < self._last:
            return
        self._last = (word.boot, number)
        self.peer = word
        self.heard[path] = self._clock()

    def silence(self) -> float:
        """Seconds since the peer was last heard."""
        return self._clock() - max(self.heard.values(), default=-inf)

    def forget(self) -> None:
        """After a pause of our own: what waited in the sockets is of unknown age, so nothing was heard."""
        self.heard.clear()

    def close(self) -> None:
        for transport, _ in self._paths:
            transport.close()


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, words: Words, path: str) -> None:
        self._words, self._path = words, path

    def datagram_received(self, data: bytes, _address: Sequence[Any]) -> None:
        self._words.take(self._path, data)

    def error_received(self, exc: Exception) -> None:
        """A path that is down: its silence says so."""
