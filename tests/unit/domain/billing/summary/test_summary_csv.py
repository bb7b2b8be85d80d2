"""The CSV of a usage summary: its example in the documents, what is no formula, what proves it whole."""

import csv
import hashlib
from pathlib import Path

import pytest
from msgspec.structs import replace

from usnd.domain.billing.summary import csv_lines
from usnd.domain.billing.summary.figures import Line
from workbench.docs.summary_samples import ALICE, BOB, CHANGES, SUMMARY

DOCS = Path(__file__).parents[5] / "docs/integrator/billing.md"


def whole() -> bytes:
    octets = csv_lines.opening(SUMMARY, "revenue", 7) + csv_lines.changes(CHANGES) + csv_lines.names()
    octets += csv_lines.lines([BOB, ALICE]) + csv_lines.sums(SUMMARY)
    return octets + csv_lines.closing(SUMMARY, hashlib.sha256(octets).hexdigest())


def test_the_example_in_the_documents_is_what_is_written() -> None:
    assert whole().decode() in DOCS.read_text()


def test_the_columns_add_up_to_the_sums() -> None:
    rows = list(csv.reader(whole().decode().splitlines()))
    used = [row[4:] for row in rows if row[0] == "R"]
    (sums,) = [row[4:] for row in rows if row[0] == "S"]
    (names,) = [row[1:] for row in rows if row[0] == "N"]
    assert names == list(csv_lines.COLUMNS)
    for column, total in zip(zip(*used, strict=True), sums, strict=True):
        assert f"{sum(map(float, column)):.3f}" == f"{float(total):.3f}"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+44", "'+44"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        ("a\r\nR,1,2", "a  R,1,2"),
        ('say "yes", Bob', 'say "yes", Bob'),
        ("\N{FULLWIDTH EQUALS SIGN}1", "'\N{FULLWIDTH EQUALS SIGN}1"),
        ("می\u200cروم", "می\u200cروم"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}boB", " boB"),
        ("", ""),
    ],
)
def test_a_name_is_one_cell_and_no_formula(name: str, cell: str) -> None:
    (row,) = csv.reader([csv_lines.lines([replace(BOB, name=name)]).decode()])
    assert row[3] == cell
    assert len(row) == len(csv_lines.COLUMNS) + 1


def test_a_number_stays_as_it_is_and_nothing_else_passes_for_one() -> None:
    (row,) = csv.reader([csv_lines.lines([Line(1, "+1;=A1", "", BOB.used)]).decode()])
    assert row[2] == "'+1;=A1"
    assert csv_lines.lines([BOB]).startswith(b"R,42,+447700900001,Bob,")
