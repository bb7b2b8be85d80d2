"""The catalogue: what a network management system keeps for years is whole, unique and in its range."""

import re

import pytest

from usnd.domain.alarms import catalogue
from usnd.domain.alarms.catalogue import CATALOGUE, TRUNK_DOWN, USND_ALARMS, AlarmKind, by_name


def test_numbers_and_names_stay_as_they_are() -> None:
    """Held by whoever manages the node: one may be added, none may change."""
    assert {kind.number: kind.name for kind in CATALOGUE} == {
        1: "smsc-not-bound",
        2: "texts-wait",
        3: "pins-guessed",
        4: "pins-run-out",
        5: "foreign-channel",
        6: "trunk-down",
        7: "trunk-damped",
        8: "trunk-suspect",
        9: "trunk-not-registered",
        10: "no-registrations",
        11: "asterisk-down",
        12: "recordings-directory",
        13: "recordings-disk",
        14: "recording-failed",
        15: "database-unreachable",
        31: "certificate-ends-soon",
        32: "certificate-ends-in-a-week",
        33: "certificate-ended",
        34: "certificate-unusable",
        35: "revocation-list-ends-soon",
        36: "revocation-list-ended",
        37: "revocation-list-missing",
        41: "cdr-export-late",
        42: "cdr-destination-refuses",
        43: "cdr-file-changed",
        44: "cdr-retention-held",
        45: "cdr-retention-late",
        46: "cdr-months-run-out",
    }


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)
def test_an_entry_is_whole(kind: AlarmKind) -> None:
    assert 0 < kind.number < 101, "from there on are the arbiter's"
    assert re.fullmatch("[a-z]+(-[a-z]+)*", kind.name)
    assert kind.says
    assert kind.says[-1] not in ".:"
    assert kind.cause
    assert kind.remedy.endswith(".")


def test_every_entry_that_is_written_is_in_the_list() -> None:
    written = [one for one in vars(catalogue).values() if isinstance(one, AlarmKind)]
    assert sorted(written, key=lambda kind: kind.number) == list(CATALOGUE)


def test_another_list_is_joined_unless_it_takes_a_number_or_a_name() -> None:
    other = AlarmKind(101, "peer-silent", *(getattr(TRUNK_DOWN, name) for name in AlarmKind.__slots__[2:]))
    assert by_name(CATALOGUE, (other,)) == {**USND_ALARMS, "peer-silent": other}
    with pytest.raises(ValueError, match="share"):
        by_name(CATALOGUE, (TRUNK_DOWN,))
