"""A file by TS 32.297 is what the specification says, worked out by hand, and by who has only that."""

import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import asn1tools
import pytest
from ts32297_decoder import Decoded, Stamp, decode, elements, sha256_of

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.fields import LAYOUT
from usnd.domain.billing.formats import FORMATS
from workbench.docs.cdr_samples import CDR, FILE, whole

ASN1 = asn1tools.compile_files(str(Path(__file__).parents[5] / "docs/integrator/usn-cdr.asn1"), "ber")
FORM = FORMATS["ts32297"]
SMALL = replace(
    FILE, format="ts32297", layout=("sequence", "cli", "billable_s"), last=1042, node_address="192.0.2.1"
)
BY_HAND = """
{length} 000000ad                       ; of them 173 of the header
c1 c1                                   ; Release 9 is 6: 110 00001
30b00800                                ; 0011 00001 01100 000000 1 00000 000000: 1 March, 12:00 +00:00
30b40800                                ; 13:00
00000001 0000002a                       ; one record, file 42
02                                      ; the time is over
ffffffff 00000000000000000000ffff c0000201
00                                      ; none is lost
0000                                    ; no routeing filter
0079                                    ; the private extension: 121 octets
30 77
   80 01 01
   81 09 6d6564696174696f6e             ; mediation
   82 0f 32303236303330313132303030305a ; 20260301120000Z
   83 0f 32303236303330313133303030305a ; 20260301130000Z
   84 02 0412                           ; 1042
   85 02 0412
   a6 1b
      16 08 73657175656e6365            ; sequence
      16 03 636c69                      ; cli
      16 0a 62696c6c61626c655f73        ; billable_s
   87 20 {digest}
0019 c1 3f                              ; 25 octets; 001 11111: BER, TS number 31
   30 17
      80 02 0412
      89 0d 2b343437373030393030303031  ; +447700900001
      90 02 753c                        ; 30012 ms
"""


def by_hand(length: str, digest: bytes) -> bytes:
    text = BY_HAND.format(length=length, digest=digest.hex())
    return bytes.fromhex("".join(line.partition(";")[0] for line in text.splitlines()))


def numbered(file: CdrFile) -> bytes:
    return whole(file, [replace(CDR, call_id=f"usn-7-{n}") for n in range(file.first, file.last + 1)])


def test_a_small_file_is_as_it_was_worked_out_by_hand() -> None:
    digest = hashlib.sha256(by_hand("00000000", bytes(32))).digest()
    assert numbered(SMALL).hex(" ") == by_hand("000000ca", digest).hex(" ")


def test_the_same_row_and_records_are_the_same_octets() -> None:
    assert numbered(SMALL) == numbered(SMALL)


def test_whoever_has_the_specification_and_the_module_reads_all_of_it() -> None:
    file = replace(SMALL, layout=LAYOUT, last=1044)
    octets = numbered(file)
    found = decode(octets)
    noon = Stamp(3, 1, 12, 0, timedelta(0))
    assert found == Decoded(
        file_length=len(octets),
        header_length=found.header_length,
        high=(9, 1),
        low=(9, 1),
        opened=noon,
        appended=replace(noon, hour=13),
        number_of_cdrs=3,
        file_sequence_number=42,
        closure_reason=2,
        address=IPv6Address("::ffff:192.0.2.1"),
        lost=0,
        routeing_filter=b"",
        private_extension=found.private_extension,
        cdrs=found.cdrs,
    )
    assert {(cdr.release, cdr.data_format, cdr.ts_number) for cdr in found.cdrs} == {((9, 1), 1, 31)}
    records = [ASN1.decode("CallRecord", cdr.content) for cdr in found.cdrs]
    assert [(one["sequence"], one["call"]) for one in records] == [
        (n, f"usn-7-{n}") for n in (1042, 1043, 1044)
    ]
    assert [elements(cdr.content)[16] for cdr in found.cdrs] == [b"\x75\x3c"] * 3
    told, true = sha256_of(octets)
    assert told == true
    extension = ASN1.decode("FileExtension", found.private_extension)
    assert extension == {
        "version": 1,
        "destination": "mediation",
        "since": file.since,
        "until": file.until,
        "first": 1042,
        "last": 1044,
        "fields": list(LAYOUT),
        "sha256": told,
    }


def test_an_empty_file_has_its_header_alone() -> None:
    octets = numbered(replace(SMALL, last=SMALL.first - 1))
    found = decode(octets)
    assert (found.file_length, found.number_of_cdrs, found.cdrs) == (found.header_length, 0, [])
    assert len(octets) == found.header_length


def test_many_records() -> None:
    file = replace(SMALL, layout=("sequence",), first=1, last=70_000)
    found = decode(whole(file, [CDR] * 70_000))
    assert found.number_of_cdrs == len(found.cdrs) == 70_000
    assert found.file_length > 2**16
    assert ASN1.decode("CallRecord", found.cdrs[-1].content) == {"sequence": 70_000}


@pytest.mark.parametrize(
    ("octets", "told"), [(2**32 - 2, 2**32 - 2), (2**32 - 1, 2**32 - 1), (2**40, 2**32 - 1)]
)
def test_a_length_that_does_not_fit_says_so(octets: int, told: int) -> None:
    header = FORM.sealed(SMALL, octets, "00" * 32)
    assert header is not None
    assert decode(header).file_length == told


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "::"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("192.0.2.9", "::ffff:192.0.2.9"),
    ],
)
def test_the_address_is_that_of_the_row(written: str, told: str) -> None:
    octets = numbered(replace(SMALL, node_address=written))
    assert octets[27:31] == b"\xff" * 4
    assert decode(octets).address == IPv6Address(told)
    assert FORM.check(io.BytesIO(octets)).faults == []


def test_its_lines_are_what_is_written_for_each_record() -> None:
    file = replace(SMALL, last=1043)
    first, second = FORM.lines(io.BytesIO(numbered(file)))
    assert first.values == {"sequence": "1042", "cli": "+447700900001", "billable_s": "30.012"}
    assert second.octets == FORM.records(file.layout, [(1043, CDR)])


def lines_of(octets: bytes) -> list[Any]:
    return [line.values.get("sequence") for line in FORM.lines(io.BytesIO(octets))]


def test_lines_that_cannot_be_read_are_passed_over() -> None:
    octets = numbered(replace(SMALL, last=1044))
    assert lines_of(octets) == ["1042", "1043", "1044"]
    assert lines_of(octets[:-1]) == ["1042", "1043"]
    assert lines_of(octets.replace(b"\x30\x17\x80\x02\x04\x13", b"\x31\x17\x80\x02\x04\x13")) == [
        "1042",
        None,
        "1044",
    ]
    assert lines_of(b"R,1042\n") == []


def test_the_database_writes_no_record_of_it() -> None:
    form = FORMATS["ts32297"]
    assert not form.by_database
    assert not form.is_plain(LAYOUT, 0, b"")
