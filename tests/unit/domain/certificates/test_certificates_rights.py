"""What a designation permits: only what is named, of numbers that are named (P2)."""

import pytest

from usnd.domain.certificates.rights import (
    MOST_PREFIXES,
    BadRights,
    Operation,
    Rights,
    parse_rights,
    stored_rights,
)

MINE, OTHER = "+447700900001", "+4915112345678"


def test_nothing_is_given_by_default() -> None:
    assert [one for one in Operation if Rights().permits(one, MINE) or Rights().permits(one)] == []


def test_an_operation_is_permitted_on_covered_numbers_only() -> None:
    rights = parse_rights(["create", "read"], ["+4477"])
    assert rights.permits(Operation.CREATE, MINE)
    assert not rights.permits(Operation.CREATE, OTHER)
    assert not rights.permits(Operation.DELETE, MINE)


@pytest.mark.parametrize("number", ["447700900001", "", "0"])
def test_what_is_no_e164_number_is_covered_by_nothing(number: str) -> None:
    assert not parse_rights(["all"], ["all"]).covers(number)


@pytest.mark.parametrize("operation", Operation)
def test_only_list_and_poll_are_about_no_number(operation: Operation) -> None:
    everything = parse_rights(["all"], ["all"])
    assert everything.permits(operation) is (operation in {Operation.LIST, Operation.POLL})
    assert everything.permits(operation, MINE)


def test_the_same_prefix_twice_is_one() -> None:
    assert parse_rights(["poll"], ["+49", "+44", "+49"]).prefixes == ("+44", "+49")


@pytest.mark.parametrize(
    ("operations", "prefixes", "words"),
    [
        ([], ["all"], "name at least one operation"),
        (["read"], [], "name at least one operation"),
        (["write"], ["all"], "write is no operation: write create, read"),
        (["Read"], ["all"], "Read is no operation"),
        (["read"], ["+"], "+ is no prefix of numbers: write it as +4477, or all"),
        (["read"], ["4477"], "4477 is no prefix"),
        (["read"], ["+0"], "+0 is no prefix"),
        (["read"], ["+44 77"], "+44 77 is no prefix"),
        (["read"], ["+4٤"], "is no prefix"),
        (["read"], ["+1234567890123456"], "is no prefix"),
        (["read"], [f"+{one}" for one in range(1, MOST_PREFIXES + 2)], "101 prefixes are too many"),
    ],
)
def test_what_gives_no_rights_is_said(operations: list[str], prefixes: list[str], words: str) -> None:
    with pytest.raises(BadRights) as caught:
        parse_rights(operations, prefixes)
    assert words in str(caught.value)


def test_what_the_database_holds_and_nobody_knows_gives_no_right() -> None:
    rights = stored_rights(["read", "of-a-later-release"], ["+44", "", "49", "+"])
    assert rights == Rights(frozenset({Operation.READ}), ("+44", "+"))
    assert rights.covers(OTHER)
    assert not stored_rights(["read"], ["", "44"]).covers(MINE)
