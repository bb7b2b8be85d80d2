"""A file is checked by itself: what was written passes, and whatever is changed in it is found."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.check import Checker
from usnd.domain.billing.checked import MOST_FAULTS
from usnd.domain.billing.fields import LAYOUT
from usnd.domain.billing.formats import FORMATS
from workbench.docs.cdr_samples import CDR, FILE

CSV = FORMATS["csv"]


def octets(file: CdrFile = FILE) -> bytes:
    page = [(number, replace(CDR, call_id=f"usn-7-{number}")) for number in range(file.first, file.last + 1)]
    body = CSV.opening(file) + CSV.records(file.layout, page)
    return body + CSV.closing(file, hashlib.sha256(body).hexdigest())


def faults(content: bytes) -> list[str]:
    return Checker().take(io.BytesIO(content)).faults


def test_a_file_line_by_line() -> None:
    few = replace(FILE, last=1042, layout=("sequence", "cli", "billable_s"))
    *lines, last = octets(few).decode().splitlines()
    assert lines == [
        "H,1,mediation,42,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,1042,1042",
        "N,sequence,cli,billable_s",
        "R,1042,+447700900001,30.012",
    ]
    body = "".join(f"{line}\n" for line in lines).encode()
    assert last == f"T,1,{hashlib.sha256(body).hexdigest()}"


def test_a_file_is_good() -> None:
    found = Checker().take(octets().splitlines(keepends=True))
    assert found.faults == []
    assert (found.records, found.layout) == (3, LAYOUT)
    assert found.charged_ms == 3 * 30_012
    assert found.header["destination"] == "mediation"


def test_an_empty_file_is_good() -> None:
    assert faults(octets(replace(FILE, last=FILE.first - 1))) == []


def test_the_same_row_and_records_are_the_same_octets() -> None:
    assert octets() == octets()


def edited(*changes: tuple[str, str]) -> bytes:
    text = octets().decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def without_line(number: int) -> bytes:
    lines = octets().splitlines(keepends=True)
    return b"".join(lines[: number - 1] + lines[number:])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (lambda: edited((",30.012,", ",30.013,")), "has the SHA-256 of other octets"),
        (lambda: without_line(4), "line 4 has sequence number 1044, and 1043 is its turn"),
        (lambda: without_line(5), "comes behind record 1043, and the header says 1044"),
        (lambda: without_line(6), "the last line is missing"),
        (lambda: edited(("T,3,", "T,4,")), "says 4 records, and there are 3"),
        (lambda: octets() + b"R,1045\n", "line 7 stands behind the last line"),
        (lambda: octets()[:-1], "line 6 does not end with a line feed"),
        (lambda: edited(("H,1,", "H,9,")), "is of version 9, and this program knows 1"),
        (lambda: edited(("H,1,", "X,1,")), "line 1 is no header"),
        (lambda: edited((",1042,1044\n", ",first,1044\n")), "says no sequence numbers"),
        (lambda: edited(("N,sequence", "N,price")), "line 2 price is no field of a CDR"),
        (lambda: edited(("N,sequence", "M,sequence")), "line 2 does not begin with N"),
        (lambda: edited(("R,1042,call,", "R,1042,")), "line 3 has 25 fields, and the names are 26"),
        (lambda: edited(("R,1042,", "Q,1042,")), "line 3 begins with 'Q', not with R or T"),
        (lambda: edited((",completed,", ",Completed,")), "outcome is 'Completed', which is no word"),
        (lambda: edited(("T,3,", "T,")), "is no last line: T and 2 values"),
        (lambda: edited(("R,1042,", "\n")), "line 3 begins with '', not with R or T"),
        (lambda: octets().replace(b"trunk", b"\xfftrunk", 1), "is not UTF-8"),
        (lambda: b"", "the last line is missing"),
        (lambda: edited((",completed,", ",com\rpleted,")), "line 3 is no CSV: new-line character seen"),
        (lambda: edited(("R,1042,", f"R,{'9' * 5000},")), "line 3 sequence is '999"),
        (lambda: edited((",1042,1044\n", f",{'9' * 5000},1044\n")), "line 1 says no sequence numbers"),
        (lambda: edited((",30.012,", ",٣٠.٠١٢,")), "which is no seconds"),
    ],
)
def test_whatever_is_changed_is_found(content: Callable[[], bytes], fault: str) -> None:
    assert [found for found in faults(content()) if fault in found]


def test_a_file_that_is_none_is_left_soon() -> None:
    assert len(faults(b"\n" * 100_000)) == MOST_FAULTS


def test_what_is_said_of_a_long_value_is_short() -> None:
    assert max(map(len, faults(edited(("R,1042,", f"{'x' * 9000},"))))) < 200
