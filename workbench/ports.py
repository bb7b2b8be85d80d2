"""Loopback ports for parts that run side by side.

Owns blocks of ports, each guarded by one bound socket, so that two runs never share one: the guard goes
with the process that holds it, however that ends.
"""

import socket
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
FIRST, LAST = 10_000, 32_767  # below what the kernel hands out by itself
SIZE = 512  # RTP and RTCP of 200 calls, and room for signalling
SPARE = 6


class PortBlock:
    """A block of ports: a guard, `signalling` TCP/UDP ports, then the RTP range. Free it by `close`."""

    def __init__(self) -> None:
        """Takes the first free block. Raises OSError when there is none."""
        for first in range(FIRST, LAST - SIZE, SIZE):
            guard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                guard.bind((HOST, first))
            except OSError:
                guard.close()
                continue
            self._guard = guard
            self._first = first
            if all(_free(first + offset) for offset in range(1, 10)):
                return
            guard.close()
        raise OSError(f"no free block of {SIZE} ports on {HOST}")

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
        return self._first + 10, self._first + SIZE - 1

    def close(self) -> None:
        """Gives the block back."""
        self._guard.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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
