"""A terminal of the CRM outside of the pair: it comes over the lab's network, by TLS with its certificate."""

import ctypes
import http.client
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from crm.stage import ONE, Answer, request
from lab_pair import rows

from workbench.lab import authority, net

PORT = 8443
PATIENCE = 10.0
"""Seconds without an octet: a server that is dead, or has given its address away, says nothing any more."""
RESET = b"\1\0\0\0\0\0\0\0"  # struct linger: on, without waiting
NEW_NETWORK = 0x40000000  # CLONE_NEWNET of setns(2)
FIELDS = {"Content-Type": "application/xml"}


@contextmanager
def outside() -> Iterator[None]:
    """This thread makes its sockets in the lab's outer namespace meanwhile."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{net.OUTSIDE}", os.O_RDONLY)
    enter = ctypes.CDLL(None, use_errno=True).setns
    try:
        assert enter(there, NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert enter(own, NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
    finally:
        os.close(own)
        os.close(there)


class Line(http.client.HTTPConnection):
    """A connection of a terminal to one address of the pair. `reads`: octets that may wait to be read."""

    def __init__(self, address: str = net.FLOATING, name: str = authority.TERMINAL, reads: int = 0) -> None:
        super().__init__(address, PORT, timeout=PATIENCE)
        self._reads = reads
        place = authority.handed_out(name)
        self._context = ssl.create_default_context(cafile=str(place / "ca.pem"))
        self._context.load_cert_chain(place / f"{name}.pem", place / f"{name}.key")

    def connect(self) -> None:
        with outside():
            plain = socket.socket()
        try:
            plain.settimeout(self.timeout)
            if self._reads:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._reads)
            plain.connect((self.host, self.port))
            self.sock = self._context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def ask(self, body: bytes, path: str = ONE) -> Answer:
        """On this connection. Raises OSError, HTTPException."""
        self.request("POST", path, body, FIELDS)
        got = self.getresponse()
        return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())

    def ask_and_be_cut(self, body: bytes) -> None:
        """The request is sent; of its answer nothing is read, the connection is reset by `cut`."""
        self.request("POST", ONE, body, FIELDS)

    def cut(self) -> None:
        assert self.sock is not None
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.sock.close()


def asked(id_: str, inner: str, address: str = net.FLOATING, name: str = authority.TERMINAL) -> Answer:
    """One request on a connection of its own."""
    line = Line(address, name)
    try:
        return line.ask(request(id_, inner))
    finally:
        line.close()


def tried(id_: str, inner: str, address: str = net.FLOATING, name: str = authority.TERMINAL) -> Answer | None:
    """As `asked`; None: no answer."""
    with suppress(OSError, http.client.HTTPException):
        return asked(id_, inner, address, name)
    return None


def count(node: str, table: str, where: str) -> int:
    return int(rows(node, f"SELECT count(*) FROM {table} WHERE {where}")[0])
