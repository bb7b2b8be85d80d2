"""Heartbeats between the two arbiters: one signed datagram several times a second over each path.

runner.py sends one after each step, and takes in what came before the next. A heartbeat says all that the
other server needs to know; it is never answered, and no single path is needed. They are numbered within the
sender's boots, so that an old one never counts as a new one.
"""

import hashlib
import hmac
import socket
from collections.abc import Callable, Iterator, Mapping

import msgspec
import structlog

from usnd.domain.pair.evidence import NEVER, Heartbeat
from usnd.pair import wire_names

_SIGNATURE = hashlib.sha256().digest_size
_IP_FREEBIND = 15  # linux/in.h; Python has no name for it
LONGEST = 1400
"""Octets: a datagram that no link cuts."""
AGAIN = 1.0
"""Seconds until a path that could not be used is opened anew."""
Place = tuple[str, int]
"""Address and port."""


class _Signed(msgspec.Struct, frozen=True, array_like=True):
    server: str
    number: int
    heartbeat: Heartbeat


def sealed(secret: bytes, server: str, number: int, heartbeat: Heartbeat) -> bytes:
    """A datagram."""
    body = msgspec.msgpack.encode(wire_names.written(_Signed(server, number, heartbeat)))
    return hmac.digest(secret, body, "sha256") + body


def opened(secret: bytes, server: str, datagram: bytes) -> tuple[int, Heartbeat] | None:
    """The number and the heartbeat, if it is the other server's and unchanged."""
    signature, body = datagram[:_SIGNATURE], datagram[_SIGNATURE:]
    if not hmac.compare_digest(signature, hmac.digest(secret, body, "sha256")):
        return None
    try:
        signed = msgspec.convert(wire_names.read(msgspec.msgpack.decode(body)), _Signed)
    except msgspec.MsgspecError:
        return None
    return None if signed.server == server else (signed.number, signed.heartbeat)


class Path:
    """A way to the peer. It is used while it can be; an address that is not here yet stops nobody.

    The socket takes its address before any interface has it (ip(7), IP_FREEBIND), and hears later.
    """

    def __init__(self, name: str, local: Place, peer: Place, clock: Callable[[], float]) -> None:
        self.name = name
        self._local, self._peer, self._clock = local, peer, clock
        self._link: socket.socket | None = None
        self._tried = NEVER
        self._works = True
        self._log = structlog.get_logger("usnd.pair")

    def open(self) -> None:
        """Binds, unless that failed less than AGAIN ago."""
        if self._link is not None or self._clock() - self._tried < AGAIN:
            return
        self._tried = self._clock()
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            link.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
            link.bind(self._local)
        except OSError as error:
            link.close()
            self._note(str(error))
        else:
            self._link = link

    def send(self, datagram: bytes) -> None:
        """Lost where the path is down; the peer's silence on it tells."""
        self.open()
        if self._link is None:
            return
        try:
            self._link.sendto(datagram, self._peer)
        except BlockingIOError:
            return
        except OSError as error:
            self._note(str(error))
        else:
            self._note("")

    def receive(self) -> Iterator[bytes]:
        """All that waits."""
        while self._link is not None:
            try:
                yield self._link.recv(LONGEST + 1)
            except OSError:  # nothing waits
                return

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _note(self, trouble: str) -> None:
        """Once when it fails, once when it works again."""
        if bool(trouble) is self._works:
            self._works = not trouble
            if trouble:
                self._log.warning("a path to the other server cannot be used", path=self.name, reason=trouble)
            else:
                self._log.info("a path to the other server can be used again", path=self.name)


class Heartbeats:
    """The peer's last heartbeat, and when one came over each path."""

    def __init__(self, secret: str, server: str, clock: Callable[[], float]) -> None:
        self._secret, self._server, self._clock = secret.encode(), server, clock
        self._paths: list[Path] = []
        self._number = 0
        self._last = (-1, -1)
        self.peer: Heartbeat | None = None
        self.heard: dict[str, float] = {}

    def open(self, paths: Mapping[str, tuple[Place, Place]]) -> None:
        """Uses each path as soon as it can be: name → (own address, peer's address)."""
        self._paths = [Path(name, *ends, self._clock) for name, ends in paths.items()]
        self.heard = {path.name: NEVER for path in self._paths}
        for path in self._paths:
            path.open()

    def receive(self) -> None:
        """Takes all that came since the last step, on each path."""
        for path in self._paths:
            for datagram in path.receive():
                self.take(path.name, datagram)

    def send(self, heartbeat: Heartbeat) -> None:
        """On all paths, each with the same number."""
        self._number += 1
        datagram = sealed(self._secret, self._server, self._number, heartbeat)
        assert len(datagram) <= LONGEST
        for path in self._paths:
            path.send(datagram)

    def take(self, path: str, datagram: bytes) -> None:
        """A datagram that came by a path. A forged or late one is nothing."""
        signed = opened(self._secret, self._server, datagram)
        if signed is None:
            return
        number, heartbeat = signed
        if (heartbeat.boot, number) < self._last:
            return
        self._last = (heartbeat.boot, number)
        self.peer = heartbeat
        self.heard[path] = self._clock()

    def silence(self) -> float:
        """Seconds since the peer was last heard."""
        return self._clock() - max(self.heard.values(), default=NEVER)

    def forget(self) -> None:
        """After a pause of our own: what waited in the sockets is of unknown age, so nothing was heard."""
        for path in self._paths:
            for _ in path.receive():
                pass
        self.heard = dict.fromkeys(self.heard, NEVER)

    def close(self) -> None:
        for path in self._paths:
            path.close()
