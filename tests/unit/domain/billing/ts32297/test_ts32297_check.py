"""A file by TS 32.297 is checked by itself: whatever is changed is found, nothing makes the check fail."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.checked import MOST_FAULTS, Checked
from usnd.domain.billing.fields import LAYOUT
from usnd.domain.billing.formats import FORMATS, LONGEST_START, format_of
from workbench.docs.cdr_samples import CDR, FILE, whole

FORM = FORMATS["ts32297"]
SMALL = replace(
    FILE, format="ts32297", layout=("sequence", "cli", "billable_s"), last=1043, node_address="192.0.2.1"
)
HEADER = 173
"""Octets of its header."""
ALL = replace(SMALL, layout=LAYOUT, last=1044)


def octets(file: CdrFile = SMALL) -> bytes:
    return whole(file, [replace(CDR, call_id=f"usn-7-{n}") for n in range(file.first, file.last + 1)])


def check(content: bytes) -> Checked:
    return FORM.check(io.BytesIO(content))


def test_a_file_is_good() -> None:
    found = check(octets(ALL))
    assert found.faults == []
    assert (found.records, found.layout) == (3, LAYOUT)
    assert found.charged_ms == 3 * 30_012
    assert found.header == {
        "version": "1",
        "destination": "mediation",
        "number": "42",
        "since": "2026-03-01T12:00:00Z",
        "until": "2026-03-01T13:00:00Z",
        "first": "1042",
        "last": "1044",
    }


def test_an_empty_file_is_good() -> None:
    assert check(octets(replace(SMALL, last=SMALL.first - 1))).faults == []


def test_each_octet_that_is_changed_is_found() -> None:
    content = octets()
    for at in range(len(content)):
        for turned in (0x01, 0x80):
            changed = bytearray(content)
            changed[at] ^= turned
            assert check(bytes(changed)).faults, at


def test_wherever_a_file_breaks_off_it_is_found() -> None:
    content = octets()
    assert [end for end in range(len(content)) if not check(content[:end]).faults] == []


@pytest.mark.parametrize("file", [SMALL, replace(SMALL, last=SMALL.first - 1)])
def test_what_stands_behind_it_is_found(file: CdrFile) -> None:
    assert check(octets(file) + octets()[HEADER : HEADER + 29]).faults
    assert check(octets(file) + b"\0").faults


def sealed(change: Callable[[bytes], bytes], file: CdrFile = SMALL) -> bytes:
    """Changed before its length and its SHA-256 were made: by who knows how to."""
    content = change(octets(file))
    end = int.from_bytes(content[4:8], "big")
    zeroed = bytes(4) + content[4 : end - 32] + bytes(32) + content[end:]
    digest = hashlib.sha256(zeroed).digest()
    return len(content).to_bytes(4, "big") + zeroed[4 : end - 32] + digest + content[end:]


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (lambda: b"", "the header breaks off"),
        (lambda: b"H,1," + bytes(60), "the header is not as long as it says"),
        (lambda: octets()[:HEADER], "says 2 records, and there are 0"),
        (lambda: octets()[:-30], "record 1 breaks off: 24 octets of 25 are there"),
        (lambda: octets()[:-27], "record 2 breaks off within its CDR header"),
        (lambda: octets()[:-29], "says 231 octets, and there are 202"),
        (lambda: octets()[: HEADER - 1] + b"\0" + octets()[HEADER:], "has the SHA-256 of other octets"),
        (
            lambda: sealed(swapped(b"\x80\x01\x01", b"\x80\x01\x02")),
            "is of version 2, and this program knows 1",
        ),
        (
            lambda: sealed(swapped(b"\x30\xb0\x08\x00", b"\x30\xb0\x00\x00")),
            "values that do not fit each other",
        ),
        (lambda: sealed(swapped(b"\x83\x0f", b"\x93\x0f")), "cannot be read: not the private extension"),
        (lambda: sealed(swapped(b"20260301120000Z", b"20261301120000Z")), "cannot be read: "),
        (lambda: sealed(swapped(b"mediation", b"mediatio\xff")), "cannot be read: "),
        (lambda: sealed(swapped(b"\x85\x02\x04\x13", b"\x85\x02\xff\x13")), "cannot be read: "),
        (
            lambda: sealed(swapped(b"\x84\x02\x04\x12", b"\x84\x02\x84\x12")),
            "values that do not fit each other",
        ),
        (lambda: sealed(swapped(b"\x16\x03cli", b"\x16\x03fee")), "fee is no field of a CDR"),
        (lambda: sealed(swapped(b"\x16\x03cli", b"\x16\x03\x80li")), "cannot be read: "),
        (lambda: sealed(swapped(b"\x16\x03cli", b"\x04\x03cli")), "values that do not fit each other"),
        (lambda: sealed(swapped(b"\xc1\x3f", b"\xe1\x3f")), "record 1 has another release, version"),
        (
            lambda: sealed(swapped(b"\xc1\x3f\x30", b"\xc1\x3f\x31")),
            "record 1 cannot be read: not the one SEQUENCE",
        ),
        (
            lambda: sealed(swapped(b"\x90\x02\x75\x3c", b"\x8f\x02\x75\x3c")),
            "record 1 has ring_s, which is not among",
        ),
        (lambda: sealed(swapped(b"\x90\x02\x75\x3c", b"\x8f\x02\x75\x3c")), "record 1 billable_s is empty"),
        (
            lambda: sealed(swapped(b"+447700900001", b"+44770090000\n")),
            "record 1 cli is '+44770090000\\n', which is",
        ),
        (lambda: sealed(swapped(b"\x90\x02\x75\x3c", b"\x90\x02\xf5\x3c")), "which is no seconds"),
        (lambda: sealed(swapped(b"\x80\x02\x04\x13", b"\x80\x02\x04\x14")), "1044, and 1043 is its turn"),
        (lambda: sealed(lambda content: content[:-29]), "comes behind record 1042, and the header says 1043"),
    ],
)
def test_whatever_is_wrong_is_said(content: Callable[[], bytes], fault: str) -> None:
    assert [found for found in check(content()).faults if fault in found]


def test_a_file_of_wrong_records_is_left_soon() -> None:
    file = replace(SMALL, first=1, last=1_000, layout=("sequence",))
    content = sealed(lambda content: content.replace(b"\xc1\x3f", b"\xc1\x1f"), file)
    assert len(check(content).faults) == MOST_FAULTS


def test_a_digest_of_another_length_is_none() -> None:
    def change(content: bytes) -> bytes:
        """The header again, with one octet less of it."""
        extension = (
            content[52 : HEADER - 1].replace(b"\x30\x77", b"\x30\x76", 1).replace(b"\x87\x20", b"\x87\x1f", 1)
        )
        fixed = content[:4] + (HEADER - 1).to_bytes(4, "big") + content[8:50] + b"\0\x78"
        return fixed + extension + content[HEADER:]

    assert check(change(octets())).faults == ["the header has values that do not fit each other"]


def test_a_file_too_long_to_say_is_told_by_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usnd.domain.billing.ts32297.header.UNKNOWN", 200)
    content = octets()
    assert int.from_bytes(content[:4], "big") == 200
    assert check(content).faults == []
    assert check(content[:-29]).faults


@given(st.binary(max_size=400), st.integers(0, 240))
@example(b"", 0)
def test_no_octets_make_it_fall_over(some: bytes, at: int) -> None:
    content = octets(ALL)
    for one in (
        some,
        content[:at] + some,
        content[:at] + some + content[at:],
        content[:at] + some + content[at + len(some) :],
    ):
        if one != content:
            assert check(one).faults
        list(FORM.lines(io.BytesIO(one)))


def test_a_format_is_known_by_the_beginning_of_a_file() -> None:
    csv = FORMATS["csv"]
    assert format_of(octets()[:LONGEST_START]) is FORM
    assert format_of(whole(replace(FILE, last=FILE.first - 1), [])[:LONGEST_START]) is csv
    for other in (b"", b"H,1,medi", b"\x89PNG\r\n\x1a\n", b"ab", bytes(3)):
        assert format_of(other) is csv, other


def test_csv_gives_its_lines_as_they_stand() -> None:
    csv = FORMATS["csv"]
    few = replace(FILE, layout=("sequence", "cli"), last=FILE.first)
    content = whole(few, [CDR])
    assert csv.check(io.BytesIO(content)).faults == []
    (line,) = csv.lines(io.BytesIO(content))
    assert line.values == {"sequence": "1042", "cli": "+447700900001"}
    assert line.octets == csv.records(few.layout, [(1042, CDR)])
    (line,) = csv.lines(io.BytesIO(b"R,a\rb\n\nR,\xff\n"))
    assert line.octets == b"R,\xff\n"
