"""Figures add up, go to the store and back, and forget who is erased."""

import msgspec

from usnd.domain.billing.summary.figures import Figures, Line, Page, Usage, busiest, erased
from workbench.docs.summary_samples import ALICE, BOB, CHANGES, SUMMARY


def test_sums_are_exact() -> None:
    assert BOB.used + ALICE.used == Usage(3, 1, 7, 9, 61_250, 91_804_512, 3, 8, 1)
    assert SUMMARY.records == 9


def test_the_store_gives_back_what_it_got() -> None:
    page = Page(CHANGES, (BOB, ALICE))
    assert msgspec.json.decode(msgspec.json.encode(page), type=Page) == page
    figures = SUMMARY.figures
    assert msgspec.json.decode(msgspec.json.encode(figures), type=Figures) == figures
    assert figures.files[0].records == 9


def test_what_a_later_release_adds_is_read_by_this_one() -> None:
    later = msgspec.json.encode(SUMMARY.figures).replace(b'{"zone"', b'{"more":1,"zone"')
    assert msgspec.json.decode(later, type=Figures) == SUMMARY.figures


def test_the_busiest_come_first_and_of_equal_ones_the_older() -> None:
    quiet = Line(41, "", "", Usage())
    lines = [quiet, Line(44, "", "", BOB.used), BOB, ALICE]
    assert [one.subscriber for one in busiest(lines, 3)] == [43, 42, 44]


def test_who_is_erased_stays_as_a_pseudonym_and_all_else_as_it_was() -> None:
    page = Page(CHANGES, (BOB, ALICE))
    after = erased(page, ALICE.number, [], "+99900000000001")
    assert after.lines == (BOB, Line(43, "+99900000000001", "", ALICE.used))
    assert [one.number for one in after.changes] == ["+99900000000001", "+447700900003"]
    moved = erased(page, "+447700900077", [42], "+99900000000002")
    assert moved == Page(CHANGES, (Line(42, "+99900000000002", "", BOB.used), ALICE))
