"""Orders on usnd's control socket: a line of them, and their results once committed; or why there are none.

The sites ask by it, each time on a connection of its own: orders in an event loop, the rest from any thread.
Whoever gets no result is told whether it may have been done all the same.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from usnd.control.answers import (
    Bulk,
    Pictures,
    PortalAnswer,
    Provisioned,
    ProvisioningResult,
    Refusal,
    RefusalCode,
)
from usnd.control.portal_requests import OfPortal
from usnd.control.request import VERSION
from usnd.control.requests import LONGEST_ANSWER, LONGEST_REQUEST, Acknowledge, Follow, StartBulk
from usnd.domain.conference.picture import Picture
from usnd.domain.provisioning.codes import Code
from usnd.process.local_socket import TooLong, exchange, exchange_soon

A = TypeVar("A", Provisioned, Bulk, Pictures, PortalAnswer)
MOST_OCTETS = LONGEST_REQUEST - 1024
"""Of the orders of one line, with a comma each."""
_HEAD = b'{"do":"provision","version":%d,"orders":[' % VERSION
_TAIL = b"]}"


class NoResult(Exception):
    """usnd gave none. `code`: what the client is told; the message is for the journal."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotUnderstood(NoResult):
    """usnd cannot read the line: nothing of it was done."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.FAULT, message)


def provision(path: Path, orders: Sequence[bytes], patience: float) -> tuple[ProvisioningResult, ...]:
    """The results of orders, each a ProvisioningOrder in JSON. `patience`: seconds. Raises NoResult."""
    return _all(_answer(path, _line(orders), patience, Provisioned), orders)


async def provision_soon(
    path: Path, orders: Sequence[bytes], patience: float
) -> tuple[ProvisioningResult, ...]:
    """The same, in an event loop."""
    with _told(path):
        said = await exchange_soon(path, _line(orders), patience=patience, longest=LONGEST_ANSWER)
        return _all(_read(said, Provisioned), orders)


def _line(orders: Sequence[bytes]) -> bytes:
    return b"".join((_HEAD, b",".join(orders), _TAIL))


def _all(answer: Provisioned, orders: Sequence[bytes]) -> tuple[ProvisioningResult, ...]:
    if len(answer.results) != len(orders):
        raise NoResult(Code.FAULT, f"usnd gave {len(answer.results)} results to {len(orders)} orders")
    return answer.results


def acknowledge(path: Path, request: Acknowledge, patience: float) -> ProvisioningResult:
    """What became of it. Raises NoResult."""
    results = _answer(path, msgspec.json.encode(request), patience, Provisioned).results
    if len(results) != 1:
        raise NoResult(Code.FAULT, f"usnd gave {len(results)} results to one acknowledgement")
    return results[0]


def start_bulk(path: Path, request: StartBulk, patience: float) -> Bulk:
    """Whether its rows may come. Raises NoResult."""
    return _answer(path, msgspec.json.encode(request), patience, Bulk)


def at_portal(path: Path, request: OfPortal, patience: float) -> PortalAnswer:
    """What a request of the portal came to. Raises NoResult."""
    return _answer(path, msgspec.json.encode(request), patience, PortalAnswer)


async def followed(path: Path, patience: float) -> AsyncGenerator[tuple[Picture, ...]]:
    """The conferences as they change: first all of them. Raises NoResult, once nothing more comes.

    patience: seconds of silence; usnd says more often that it lives.
    """
    writer: asyncio.StreamWriter | None = None
    with _told(path):
        try:
            async with asyncio.timeout(patience):
                reader, writer = await asyncio.open_unix_connection(path, limit=LONGEST_ANSWER)
                writer.write(msgspec.json.encode(Follow()) + b"\n")
                await writer.drain()
            while True:
                async with asyncio.timeout(patience):
                    line = await reader.readuntil(b"\n")
                yield _read(line, Pictures).pictures
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("it has closed the connection") from error
        except asyncio.LimitOverrunError as error:
            raise TooLong(str(error)) from error
        finally:
            if writer is not None:
                writer.close()


def answers(path: Path, patience: float) -> bool:
    """Whether usnd answers within so many seconds: that it does not know the question is an answer."""
    with suppress(OSError):
        return bool(exchange(path, b"{}", patience=patience, longest=LONGEST_ANSWER))
    return False


def _answer(path: Path, line: bytes, patience: float, wanted: type[A]) -> A:
    with _told(path):
        return _read(exchange(path, line, patience=patience, longest=LONGEST_ANSWER), wanted)


def _read(said: bytes, wanted: type[A]) -> A:
    answer = msgspec.json.decode(said, type=wanted | Refusal)
    if isinstance(answer, Refusal):
        raise _refused(answer)
    return answer


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Why there is no answer, as NoResult."""
    try:
        yield
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NoResult(Code.NOT_ACTIVE, "usnd is not running") from error
    except PermissionError as error:
        raise NoResult(Code.FAULT, f"this site may not connect to {path}") from error
    except TooLong as error:
        raise NoResult(Code.FAULT, str(error)) from error
    except (OSError, msgspec.DecodeError) as error:
        raise NoResult(Code.NO_ANSWER_IN_TIME, f"usnd did not answer: {error}") from error


def _refused(refusal: Refusal) -> NoResult:
    if refusal.code is RefusalCode.TIMED_OUT:
        return NoResult(Code.NO_ANSWER_IN_TIME, refusal.refused)
    if refusal.code is RefusalCode.TOO_MANY:
        return NoResult(Code.TOO_MANY_REQUESTS, refusal.refused)
    if refusal.code is RefusalCode.NOT_UNDERSTOOD:
        return NotUnderstood(refusal.refused)
    return NoResult(Code.FAULT, refusal.refused)
