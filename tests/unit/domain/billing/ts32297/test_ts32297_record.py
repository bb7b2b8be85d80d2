"""A record in BER is what the published module says, by asn1tools, and says the same as its line in CSV."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import asn1tools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from usnd.domain.billing.cdr import Cdr, ForeignOutcome, ReleasedBy
from usnd.domain.billing.fields import BY_NAME, FIELDS, LAYOUT, Kind, as_text
from usnd.domain.billing.ts32297 import ber
from usnd.domain.billing.ts32297.module import identifier, module
from usnd.domain.billing.ts32297.record import LONGEST_TEXT, encoder, values
from usnd.domain.conference.call import CallOutcome, Direction, Role
from workbench.docs.cdr_samples import CDR

MODULE = Path(__file__).parents[5] / "docs/integrator/usn-cdr.asn1"
ASN1 = asn1tools.compile_string(MODULE.read_text(), "der")
TAGS = {
    "sequence": 0,
    "type": 1,
    "version": 2,
    "call": 3,
    "part": 4,
    "subscriber": 5,
    "conference": 6,
    "role": 7,
    "direction": 8,
    "cli": 9,
    "dnis": 10,
    "start": 11,
    "ringing": 12,
    "answer": 13,
    "stop": 14,
    "ring_s": 15,
    "billable_s": 16,
    "utc_offset": 17,
    "outcome": 18,
    "cause": 19,
    "released_by": 20,
    "reconciled": 21,
    "recorded": 22,
    "activation_pin": 23,
    "trunk": 24,
    "node": 25,
}


def decoded(octets: bytes) -> dict[str, Any]:
    """By asn1tools, which must give the same octets of it again."""
    found = ASN1.decode("CallRecord", octets)
    assert ASN1.encode("CallRecord", found) == octets
    return found


def by_asn1tools(cdr: Cdr, sequence: int = 1042) -> dict[str, str]:
    """The record as texts, of what asn1tools reads."""
    found = decoded(encoder(LAYOUT)(sequence, cdr))
    return {field.name: text(field.kind, found.get(identifier(field))) for field in FIELDS}


def text(kind: Kind, value: Any) -> str:
    match kind, value:
        case _, None:
            return ""
        case Kind.SECONDS, int():
            return f"{value / 1000:.3f}"
        case Kind.FLAG, bool():
            return "yes" if value else "no"
        case Kind.TIME, datetime():
            return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"
        case _:
            return str(value)


def as_texts(cdr: Cdr, sequence: int = 1042) -> dict[str, str]:
    return {field.name: as_text(field, sequence, cdr) for field in FIELDS}


def test_the_published_module_is_what_the_fields_give() -> None:
    assert MODULE.read_text() == module()


def test_a_tag_is_for_ever() -> None:
    """A new field is one more line here. One that is changed or gone breaks who decodes our files."""
    assert {field.name: field.tag for field in FIELDS} == TAGS
    assert len(set(TAGS.values())) == len(TAGS)


def test_the_module_names_each_field_with_its_tag_and_may_be_extended() -> None:
    body = module().split("CallRecord ::= SEQUENCE {\n")[1].split("\n}")[0].splitlines()
    named = dict(re.findall(r"^    ([a-z-]+) \[(\d+)\]", "\n".join(body), re.MULTILINE))
    assert list(named.values()) == [str(tag) for tag in sorted(TAGS.values())]
    assert named["billable-ms"] == str(TAGS["billable_s"])
    assert [line for line in body if "OPTIONAL" not in line] == ["    sequence [0] INTEGER,", "    ..."]


@pytest.mark.parametrize(
    "cdr",
    [
        CDR,
        replace(CDR, ringing=None, answer=None, cause=None, cli="", dnis="", trunk="", node=""),
        replace(CDR, interim_of="usn-7-2", outcome=ForeignOutcome("ongoing"), released_by="", part=3),
        replace(CDR, reconciled=True, recorded=True, activation_pin="4711", utc_offset=-210),
        replace(CDR, cli="Zoë\n\x00", subscriber_id=2**40, conference_id=128),
        replace(CDR, role=Role.SUBSCRIBER, direction=Direction.IN, outcome=CallOutcome.VOICE_LOST),
        replace(CDR, released_by=ReleasedBy.UNKNOWN.value, version=1),
    ],
)
def test_each_field_says_what_csv_says(cdr: Cdr) -> None:
    written = encoder(LAYOUT)(1042, cdr)
    assert by_asn1tools(cdr) == as_texts(cdr)
    assert {**dict.fromkeys(LAYOUT, ""), **values(written)} == as_texts(cdr)


times = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 # the zone is given beside it
    max_value=datetime(2099, 12, 31),  # noqa: DTZ001 # as above
    timezones=st.sampled_from((UTC, timezone(timedelta(hours=5, minutes=30)))),
)
texts = st.text(max_size=LONGEST_TEXT)


@given(
    cdr=st.builds(
        Cdr,
        call_id=texts,
        subscriber_id=st.integers(0, 2**63 - 1),
        conference_id=st.integers(0, 2**63 - 1),
        role=st.sampled_from(Role),
        direction=st.sampled_from(Direction),
        cli=texts,
        dnis=texts,
        start=times,
        answer=st.none() | times,
        stop=times,
        outcome=st.sampled_from(CallOutcome),
        cause=st.none() | st.integers(0, 127),
        recorded=st.booleans(),
        activation_pin=texts,
        trunk=texts,
        version=st.integers(1, 2),
        ringing=st.none() | times,
        released_by=st.sampled_from(("", "node", "far-end")),
        reconciled=st.booleans(),
        node=texts,
        utc_offset=st.integers(-720, 840),
        part=st.integers(1, 99),
    ),
    sequence=st.integers(1, 2**63 - 1),
)
def test_any_record_is_encoded_as_asn1tools_does(cdr: Cdr, sequence: int) -> None:
    written = encoder(LAYOUT)(sequence, cdr)
    decoded(written)
    assert {**dict.fromkeys(LAYOUT, ""), **values(written)} == as_texts(cdr, sequence)


@pytest.mark.parametrize("name", [name for name in LAYOUT if name != "sequence"])
def test_a_destination_may_have_any_fields_in_any_order(name: str) -> None:
    both, turned = encoder(("sequence", name))(7, CDR), encoder((name, "sequence"))(7, CDR)
    assert both == turned
    wanted = as_text(BY_NAME[name], 7, CDR)
    assert values(both) == {"sequence": "7"} | ({name: wanted} if wanted else {})


def test_a_text_of_any_length_fits() -> None:
    long = "\U0001f4de" * 1_000_000
    cdr = replace(CDR, call_id=long, cli=long, dnis=long, trunk=long, node=long, activation_pin=long)
    written = encoder(LAYOUT)(2**63 - 1, cdr)
    assert len(written) < 2**16
    assert values(written)["cli"] == "\U0001f4de" * LONGEST_TEXT
    assert decoded(written)["trunk"] == "\U0001f4de" * LONGEST_TEXT


def test_a_newer_record_is_read_by_who_has_this_module() -> None:
    newer = ber.encoded(
        ber.SEQUENCE, ber.content_of(encoder(LAYOUT)(7, CDR)) + ber.encoded(ber.context(40), b"x")
    )
    assert ASN1.decode("CallRecord", newer)["sequence"] == 7


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        ("30068001078001", "breaks off"),
        ("3006800107800107", "sequence is not at its place"),
        ("3006810161800107", "sequence is not at its place"),
        ("3003bf0100", "which none has"),
        ("30028000", "an INTEGER of 0 octets"),
        ("3003890180", "not UTF-8"),
        ("30048b023230", "a time that is none"),
        ("3004950200ff", "not one octet"),
    ],
)
def test_what_is_no_record_is_refused(octets: str, said: str) -> None:
    with pytest.raises(ber.NotBer, match=said):
        values(bytes.fromhex(octets))


def test_any_octet_but_zero_is_true() -> None:
    assert values(bytes.fromhex("3003950101")) == {"reconciled": "yes"}
