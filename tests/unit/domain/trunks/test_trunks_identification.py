"""Trunks whose switches share an address are told apart, or said to be in doubt (V4)."""

import pytest

from usnd.domain.network.hosts import Network
from usnd.domain.trunks.identification import Address, Doubt, tell_apart


def at(trunk: str, *networks: str, port: int | None = 5060, registers: bool = False) -> Address:
    return Address(trunk, tuple(map(Network, networks)), port, registers)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (at("a", "192.0.2.20"), at("b", "192.0.2.21")),
        (at("a", "sip.example"), at("b", "sip.other")),
        (at("a", "192.0.2.0/28"), at("b", "192.0.2.16/28")),
        (at("a", "192.0.2.20"), at("b", "2001:db8::1")),
        (at("a"), at("b")),
    ],
)
def test_different_addresses_need_nothing(one: Address, other: Address) -> None:
    known = tell_apart([one, other])
    assert (known.by_port, known.by_registration, known.doubts) == (frozenset(), frozenset(), ())


def test_ports_tell_them_apart() -> None:
    known = tell_apart([at("a", "192.0.2.20"), at("b", "192.0.2.16/28", port=5070), at("c", "192.0.2.99")])
    assert (known.by_port, known.doubts) == ({"a", "b"}, ())


@pytest.mark.parametrize("port", [5060, None])
def test_one_that_registers_is_known_by_it(port: int | None) -> None:
    known = tell_apart([at("a", "h"), at("b", "H", port=port, registers=True)])
    assert (known.by_port, known.by_registration, known.doubts) == (frozenset(), {"b"}, ())
    known = tell_apart([at("b", "h", port=port, registers=True), at("a", "H")])
    assert known.by_registration == {"b"}


def test_two_that_register_are_known_by_it_and_else_by_address() -> None:
    known = tell_apart([at("a", "h", registers=True), at("b", "h", registers=True)])
    assert (known.by_registration, known.doubts) == (frozenset(), ())


@pytest.mark.parametrize("port", [5060, None])
def test_nothing_else_does(port: int | None) -> None:
    known = tell_apart([at("a", "192.0.2.20", port=5060), at("b", "192.0.2.20", port=port)])
    assert known.doubts == (Doubt("a", "b", "192.0.2.20"),)
