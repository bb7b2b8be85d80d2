"""Asking for an address by ARP: what counts as an answer, and that a busy process misses none."""

import asyncio
import socket
from typing import Any

import pytest

from usnd.pair.network.links import Neighbour, claimant, request

MAC, OTHER = b"\x02\0\0\0\0\1", b"\x02\0\0\0\0\2"
ADDRESS = "192.0.2.254"


def reply(address: str, mac: bytes = OTHER) -> bytes:
    """What a neighbour says that has the address."""
    asked = request(mac, "0.0.0.0")
    operation, sender = slice(20, 22), slice(28, 32)
    frame = bytearray(asked)
    frame[operation] = b"\0\2"
    frame[sender] = socket.inet_aton(address)
    return bytes(frame)


class Wire:
    """In the place of the socket: frames that wait, and what was asked."""

    def __init__(self, *waiting: bytes, answer: bytes = b"") -> None:
        self.waiting, self.answer, self.asked = list(waiting), answer, 0

    def getsockname(self) -> tuple[Any, ...]:
        return ("bond0", 0, 0, 0, MAC)

    def send(self, _frame: bytes) -> None:
        self.asked += 1
        if self.answer:
            self.waiting.append(self.answer)

    def recv(self, _most: int) -> bytes:
        if not self.waiting:
            raise BlockingIOError
        return self.waiting.pop(0)

    def close(self) -> None:
        pass


def refuse(_frame: bytes) -> None:
    raise OSError("the link is down")


def neighbour(wire: Wire) -> Neighbour:
    asks = Neighbour("bond0", ADDRESS)
    asks._link = wire
    return asks


def test_only_a_claim_to_the_address_is_an_answer() -> None:
    assert claimant(reply(ADDRESS), ADDRESS) == OTHER
    assert not claimant(reply("192.0.2.1"), ADDRESS)
    assert not claimant(request(OTHER, ADDRESS), ADDRESS)
    assert not claimant(b"short", ADDRESS)


async def test_who_answers_is_known_and_an_answer_in_the_own_name_is_nobody_elses() -> None:
    """A switch may answer for the server that holds the address and asks whether anybody else does."""
    asks = neighbour(Wire(answer=reply(ADDRESS)))
    assert await asks.answers(0)
    assert asks.by == "02:00:00:00:00:02"
    assert await neighbour(Wire(answer=reply(ADDRESS, MAC))).answers(0) is False


async def test_an_answer_counts_for_the_question_before_it_only() -> None:
    assert await neighbour(Wire(reply("192.0.2.1"), answer=reply(ADDRESS))).answers(0)
    assert not await neighbour(Wire(reply(ADDRESS))).answers(0)


async def test_an_answer_that_waits_is_read_though_the_time_is_over() -> None:
    """The process stood still for longer than it would have waited."""
    wire = Wire()
    asking = asyncio.create_task(neighbour(wire).answers(0))
    wire.answer = reply(ADDRESS)
    assert await asking


async def test_a_link_that_cannot_be_asked_tells_nothing_and_is_opened_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire = Wire(answer=reply(ADDRESS))
    asks = neighbour(wire)
    monkeypatch.setattr(wire, "send", refuse)
    assert await asks.answers(0) is None
    assert asks._link is None
