"""Loopback ports for parts that run side by side.

It gives out blocks of ports. Each piece of 512 is guarded by a bound socket, so that two runs never share
one: the guard goes with the process that holds it, however that ends.
"""

import math
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
FIRST, LAST = 10_000, 32_767  # below what the kernel hands out by itself
SIZE = 512  # RTP and RTCP of 200 calls, and room for signalling
SPARE = 6
OWN = 10  # the guard and signalling
MARGIN = 1.25  # Asterisk takes ports at random, and frees those of a call some time after it


class PortBlock:
    """A block of ports: a guard, `signalling` TCP/UDP ports, then the RTP range. Free it by `close`."""

    def __init__(self, calls: int = 200) -> None:
        """Takes the first free block with room for so many calls. Raises OSError when there is none."""
        self._size = SIZE * math.ceil((OWN + 2 * MARGIN * calls) / SIZE)
        for first in range(FIRST, LAST - self._size, SIZE):
            guards = ExitStack()
            if _guarded(guards, range(first, first + self._size, SIZE)) and all(
                _free(first + offset) for offset in range(1, OWN)
            ):
                self._guards = guards
                self._first = first
                return
            guards.close()
        raise OSError(f"no free block of {self._size} ports on {HOST}")

    @property
    def manager(self) -> int:
        """TCP port of the Asterisk manager interface."""
        return self._first + 1

    @property
    def sip(self) -> int:
        """UDP port of SIP."""
        return self._first + 2

    @property
    def tap(self) -> int:
        """UDP port in front of SIP, where a tap listens."""
        return self._first + 3

    def spare(self, number: int) -> int:
        """One of six more ports, TCP and UDP, for parts that need many: `number` counts from 0."""
        if not 0 <= number < SPARE:
            raise ValueError(f"a block has {SPARE} spare ports")
        return self._first + 4 + number

    @property
    def rtp(self) -> tuple[int, int]:
        """First and last UDP port of media."""
        # A guard lies on each SIZE-th port: Asterisk, finding one taken, tries the next
        return self._first + OWN, self._first + self._size - 1

    def media(self) -> Iterator[int]:
        """Each even port of media, to be taken one by one: Asterisk does this by itself."""
        first, last = self.rtp
        return (port for port in range(first, last, 2) if (port - self._first) % SIZE)

    def close(self) -> None:
        """Gives the block back."""
        self._guards.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _guarded(guards: ExitStack, ports: range) -> bool:
    for port in ports:
        guard = guards.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        try:
            guard.bind((HOST, port))
        except OSError:
            return False
    return True


def _free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                return False
    return True
