"""Values in BER: what is written is what X.690 shows, and what is no BER is refused, not guessed."""

import pytest

from usnd.domain.billing.ts32297 import ber


@pytest.mark.parametrize(
    ("number", "octets"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "0080"),
        (256, "0100"),
        (32767, "7fff"),
        (32768, "008000"),
        (-1, "ff"),
        (-128, "80"),
        (-129, "ff7f"),
        (2**63 - 1, "7fffffffffffffff"),
    ],
)
def test_an_integer_is_as_short_as_it_can_be(number: int, octets: str) -> None:
    assert ber.integer(number).hex() == octets
    assert ber.number_of(bytes.fromhex(octets)) == number


@pytest.mark.parametrize(
    ("tag", "octets"),
    [(0, "80"), (30, "9e"), (31, "9f1f"), (127, "9f7f"), (128, "9f8100"), (16384, "9f818000")],
)
def test_a_tag_of_any_size(tag: int, octets: str) -> None:
    identifier = bytes.fromhex(octets)
    assert ber.context(tag) == identifier
    assert ber.context(tag, constructed=True)[0] == identifier[0] | 0x20
    assert list(ber.values(identifier + b"\x01x")) == [(identifier, b"x")]


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100"), (65536, "83010000")],
)
def test_a_length_of_any_size(size: int, told: str) -> None:
    written = ber.encoded(b"\x04", bytes(size))
    assert written[: 1 + len(told) // 2].hex() == f"04{told}"
    assert list(ber.values(written)) == [(b"\x04", bytes(size))]


def test_a_length_may_be_told_in_more_octets_than_it_needs() -> None:
    assert list(ber.values(bytes.fromhex("0482000178"))) == [(b"\x04", b"x")]


@pytest.mark.parametrize(
    "octets", ["04", "0480", "0485000000000178", "048200", "040278", "9f", "9f81", "9f8181818101"]
)
def test_what_is_no_ber_is_refused(octets: str) -> None:
    with pytest.raises(ber.NotBer):
        list(ber.values(bytes.fromhex(octets)))


@pytest.mark.parametrize("octets", ["", "0400", "30003000"])
def test_another_value_than_the_one_sequence_is_refused(octets: str) -> None:
    with pytest.raises(ber.NotBer):
        ber.content_of(bytes.fromhex(octets))


@pytest.mark.parametrize("octets", [0, 10, 65_000])
def test_a_number_without_octets_or_of_too_many_is_none(octets: int) -> None:
    with pytest.raises(ber.NotBer, match=f"an INTEGER of {octets} octets"):
        ber.number_of(bytes(octets))


def test_the_longest_number() -> None:
    assert ber.number_of(ber.integer(2**64 - 1)) == 2**64 - 1
