"""An SMSC of several addresses: their order, their share of the time, and name servers that fail."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import pytest

from usnd.smpp.link.addresses import MOST, Addresses
from usnd.smpp.link.settings import LinkSettings

SETTINGS = LinkSettings("north", "smsc.example", 2775, "usn", "secret", connect_timeout=0.4)


class Names:
    """A name server: an answer, a failure, or silence."""

    def __init__(self, *answers: Sequence[str] | OSError | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        assert (host, port) == ("smsc.example", 2775)
        self.asked += 1
        answer = self.answers.pop(0)
        if answer is None:
            await asyncio.sleep(3600)
        if isinstance(answer, OSError):
            raise answer
        return answer or ()


class Net:
    """Which addresses answer, and which are tried; the others are silent."""

    def __init__(self, addresses: Addresses, monkeypatch: pytest.MonkeyPatch) -> None:
        self.up: set[str] = set()
        self.refusing: set[str] = set()
        self.tried: list[str] = []
        monkeypatch.setattr(addresses, "_open", self._open)

    async def _open(self, address: str) -> Any:
        self.tried.append(address)
        if address in self.refusing:
            raise ConnectionRefusedError
        # A connection is not made in no time: an address for which no time is left has none.
        await asyncio.sleep(0 if address in self.up else 3600)
        return "streams"


async def test_a_silent_address_leaves_time_for_the_next_and_is_last_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    addresses = Addresses(SETTINGS, Names(*[["192.0.2.1", "192.0.2.2"]] * 3))
    net = Net(addresses, monkeypatch)
    net.up = {"192.0.2.2"}
    assert await addresses.connect() == ("192.0.2.2", "streams")
    assert net.tried == ["192.0.2.1", "192.0.2.2"]
    await addresses.connect()
    assert net.tried[2:] == ["192.0.2.2"]


async def test_what_served_comes_first_until_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = Addresses(SETTINGS, Names(*[["192.0.2.1", "192.0.2.2", "192.0.2.3"]] * 9))
    net = Net(addresses, monkeypatch)
    net.up = {"192.0.2.1", "192.0.2.2", "192.0.2.3"}
    await addresses.connect()
    addresses.served("192.0.2.3")
    assert addresses.in_order() == ["192.0.2.3", "192.0.2.1", "192.0.2.2"]
    addresses.failed("192.0.2.3")
    addresses.failed("192.0.2.1")
    assert addresses.in_order() == ["192.0.2.2", "192.0.2.3", "192.0.2.1"]


async def test_no_address_is_said_as_the_last_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = Addresses(SETTINGS, Names(["192.0.2.1", "192.0.2.2"], []))
    net = Net(addresses, monkeypatch)
    net.refusing = {"192.0.2.1", "192.0.2.2"}
    with pytest.raises(ConnectionRefusedError):
        await addresses.connect()
    with pytest.raises(OSError, match="no address"):
        await addresses.connect()


async def test_while_the_name_servers_fail_what_they_said_last_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = Names(["192.0.2.1"], socket.gaierror("away"), None)
    addresses = Addresses(SETTINGS, names)
    Net(addresses, monkeypatch).up = {"192.0.2.1"}
    for _ in range(5):
        assert (await addresses.connect())[0] == "192.0.2.1"
    assert names.asked == 3  # the question that is not answered is not asked again


@pytest.mark.parametrize("answer", [socket.gaierror("away"), None])
async def test_without_any_address_it_is_said_why(answer: OSError | None) -> None:
    with pytest.raises(OSError, match=r"away|do not answer"):
        await Addresses(SETTINGS, Names(answer)).connect()


async def test_so_many_addresses_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = Addresses(SETTINGS, Names([f"192.0.2.{number % 20}" for number in range(40)]))
    Net(addresses, monkeypatch).up = {"192.0.2.0"}
    await addresses.connect()
    assert len(addresses.in_order()) == MOST
