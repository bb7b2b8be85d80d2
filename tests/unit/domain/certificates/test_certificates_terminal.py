"""Whether a terminal is heard, and how names and serial numbers are written (P2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.certificates.rights import Operation, Rights, parse_rights
from usnd.domain.certificates.terminal import (
    BadName,
    Refusal,
    Terminal,
    meant,
    parse_name,
    parse_serial,
    refusal,
    refusal_of,
    serial_text,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CRM = Terminal("crm-1", "a1", "CN=x", NOW + SECOND, parse_rights(["read", "list"], ["+44"]))
MINE = "+447700900001"


def test_a_designated_terminal_is_heard_until_its_certificate_ends() -> None:
    assert refusal(CRM, NOW, listed=False) is None
    assert refusal(CRM, NOW + SECOND, listed=False) is Refusal.ENDED


def test_whoever_is_listed_revoked_or_not_designated_is_not_heard() -> None:
    assert refusal(CRM, NOW, listed=True) is Refusal.REVOKED
    assert refusal(None, NOW, listed=True) is Refusal.REVOKED
    assert refusal(None, NOW, listed=False) is Refusal.NOT_DESIGNATED
    assert refusal(replace(CRM, revoked_at=NOW), NOW, listed=False) is Refusal.REVOKED


def test_a_revoked_one_without_rights_was_taken_out() -> None:
    revoked = replace(CRM, revoked_at=NOW)
    assert replace(revoked, rights=Rights()).taken_out
    assert not revoked.taken_out
    assert not replace(CRM, rights=Rights()).taken_out


@pytest.mark.parametrize(
    ("operation", "number", "why"),
    [
        (Operation.READ, MINE, None),
        (Operation.LIST, None, None),
        (Operation.READ, "+4915112345678", Refusal.NOT_PERMITTED),
        (Operation.DELETE, MINE, Refusal.NOT_PERMITTED),
        (Operation.READ, None, Refusal.NOT_PERMITTED),
    ],
)
def test_a_terminal_may_do_what_its_rights_say(
    operation: Operation, number: str | None, why: Refusal | None
) -> None:
    assert refusal_of(CRM, operation, number, NOW, listed=False) is why


def test_no_right_is_looked_at_where_the_terminal_is_not_heard() -> None:
    assert refusal_of(None, Operation.READ, MINE, NOW, listed=False) is Refusal.NOT_DESIGNATED
    assert refusal_of(CRM, Operation.READ, MINE, NOW, listed=True) is Refusal.REVOKED


@pytest.mark.parametrize("name", ["crm-1", "a", "usn.example.com", "1" * 64])
def test_a_name_is_taken_as_it_is(name: str) -> None:
    assert parse_name(name) == name


@pytest.mark.parametrize("name", ["", "CRM", "crm_1", "-crm", "crm-", "../x", "a b", "1" * 65, "é"])
def test_what_cannot_be_a_name_is_said(name: str) -> None:
    with pytest.raises(BadName, match="cannot be a name: write small letters"):
        parse_name(name)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("0A:1B", "a1b"),
        ("a1b", "a1b"),
        ("00A1B", "a1b"),
        ("f" * 40, "f" * 40),
        ("serial=0A1B", "a1b"),
        ("0x0a1B", "a1b"),
        ("serial=0x0A1B\n", "a1b"),
        (" 0a:1b", "a1b"),
    ],
)
def test_a_serial_number_is_read_however_it_is_written(written: str, plain: str) -> None:
    assert parse_serial(written) == plain
    assert serial_text(int(plain, 16)) == plain


@pytest.mark.parametrize("written", ["", "0", "xyz", "1" * 41, "-1", "crm-1", "serial=", "0x", "0x0", "a 1"])
def test_what_is_no_serial_number_is_said(written: str) -> None:
    with pytest.raises(BadName, match="is no serial number"):
        parse_serial(written)


def test_a_certificate_is_meant_by_its_name_or_its_serial_number_and_none_is_guessed() -> None:
    ten, other, twin = (
        replace(CRM, name=name, serial=serial)
        for name, serial in (("10", "a1"), ("crm-2", "10"), ("x", "a1"))
    )
    assert meant("crm-1", [CRM, other]) == [CRM]
    assert meant("serial=0A1", [CRM, other]) == [CRM]
    assert meant("serial=10", [ten, other]) == [other]
    assert meant("20", [ten, other]) == []
    assert meant("10", [replace(ten, serial="10")]) == [replace(ten, serial="10")]
    with pytest.raises(BadName, match=r"10 is a name, and the serial number of crm-2: .* write serial=10"):
        meant("10", [ten, other])
    with pytest.raises(BadName, match="A1 is the serial number of crm-1 and x, of different authorities"):
        meant("A1", [CRM, twin])
