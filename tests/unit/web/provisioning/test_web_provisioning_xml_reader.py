"""Proves that what is wrong is refused with its place, and that nothing hostile is kept, opened or slow."""

import time
from encodings.aliases import aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usnd.domain.provisioning.codes import Code
from usnd.web.provisioning.grammar import BULK, LONGEST_TEXT, NAMESPACE, REQUEST
from usnd.web.provisioning.xml_reader import Fault, Node, XmlReader

CREATE = (
    f'<request xmlns="{NAMESPACE}" id="crm-17"><create><subscriber><number>+447700900001</number>'
    "<email>ann@example.com</email></subscriber></create></request>"
)
SUBSCRIBER = "/p:request/p:create/p:subscriber"


def read(document: bytes | str) -> Node:
    reader = XmlReader(REQUEST)
    reader.feed(document if isinstance(document, bytes) else document.encode(), last=True)
    assert reader.document is not None
    return reader.document


def fault(document: bytes | str) -> Fault:
    with pytest.raises(Fault) as caught:
        read(document)
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "code", "at"),
    [
        ("ann@", "ann", Code.VALUE_NOT_ALLOWED, f"{SUBSCRIBER}/p:email"),
        ("<email>", "<email><x/>", Code.UNKNOWN_NAME, f"{SUBSCRIBER}/p:email"),
        ("<email>", "<mail>x</mail><email>", Code.UNKNOWN_NAME, SUBSCRIBER),
        ("<email>", "<number>+123</number><email>", Code.NOT_BY_SCHEMA, f"{SUBSCRIBER}/p:number"),
        ("<number>+447700900001</number>", "", Code.NOT_BY_SCHEMA, SUBSCRIBER),
        ("<number>+447700900001", "<number>", Code.VALUE_NOT_ALLOWED, f"{SUBSCRIBER}/p:number"),
        ("<create>", '<create mode="do">', Code.UNKNOWN_NAME, "/p:request/p:create"),
        ("<create>", "now <create>", Code.NOT_BY_SCHEMA, "/p:request"),
        ("</create>", "</create><poll/>", Code.NOT_BY_SCHEMA, "/p:request"),
        ('"crm-17"', '"crm-17" mode="try"', Code.VALUE_NOT_ALLOWED, "/p:request/@mode"),
        ('"crm-17"', '"crm-17" xml:lang="en"', Code.UNKNOWN_NAME, "/p:request"),
        (' id="crm-17"', "", Code.REQUEST_ID_WRONG, "/p:request"),
        ("crm-17", "a b", Code.REQUEST_ID_WRONG, "/p:request/@id"),
        ("crm-17", "x" * 65, Code.REQUEST_ID_WRONG, "/p:request/@id"),
        (NAMESPACE, "urn:usn:provisioning:2", Code.UNKNOWN_NAME, "/*"),
        (f' xmlns="{NAMESPACE}"', "", Code.UNKNOWN_NAME, "/*"),
        ("ann@example.com", "x" * (LONGEST_TEXT + 1), Code.VALUE_NOT_ALLOWED, f"{SUBSCRIBER}/p:email"),
        ("ann@example.com", "/etc/passwd", Code.VALUE_NOT_ALLOWED, f"{SUBSCRIBER}/p:email"),
    ],
)
def test_what_is_not_by_the_schema_is_told_with_its_place(old: str, new: str, code: Code, at: str) -> None:
    assert old in CREATE
    found = fault(CREATE.replace(old, new))
    assert (found.code, found.at) == (code, at)
    assert found.text


@pytest.mark.parametrize(
    "document",
    [
        "",
        "no XML",
        CREATE[:-1],
        CREATE + "<more/>",
        f'<!DOCTYPE request SYSTEM "file:///etc/passwd">{CREATE}',
        f'<!DOCTYPE r [<!ENTITY a "b">]>{CREATE.replace("ann", "&a;")}',
        CREATE.replace("ann", "&undeclared;"),
        CREATE.replace("<create>", "<?php system(1)?><create>"),
        '<?xml version="1.0"?><?xml-stylesheet href="http://192.0.2.1/"?>' + CREATE,
        f'<?xml version="1.1"?>{CREATE}',
        f'<?xml version="1.0" encoding="ISO-8859-1"?>{CREATE}',
        f'<?xml version="1.0" encoding="cp037"?>{CREATE}',
        f'<?xml version="1.0" encoding="no-such"?>{CREATE}',
        f'<?xml version="1.0" encoding="UTF-16"?>{CREATE}',
        CREATE.replace("ann", "a\0nn"),
        CREATE.replace("ann", "a&#0;nn"),
        CREATE.replace("ann", "a\x1bnn"),
        CREATE.encode().replace(b"ann", b"\xff\xfe"),
        CREATE.replace(' id="crm-17"', ' id="crm-17" id="crm-18"'),
    ],
    ids=range(19),
)
def test_what_is_no_plain_document_cannot_be_read(document: str | bytes) -> None:
    assert fault(document).code is Code.NOT_READABLE


SPELLINGS = sorted({*aliases, *aliases.values(), "UTF-8", "UTF-16", "UTF-16LE", "utf-16be", "utf8", "UTF8"})
READ = {"utf-8", "utf-16", "utf-16le", "utf-16be"}


@pytest.mark.parametrize("encoding", SPELLINGS)
def test_an_encoding_is_read_or_refused_whatever_the_document_holds(encoding: str) -> None:
    """All that Python knows: what expat does not know itself it would ask Python for, in part."""
    for name in ("ann", "änn", "安"):
        text = f'<?xml version="1.0" encoding="{encoding}"?>{CREATE.replace("ann", name)}'
        if encoding.lower() in READ:
            octets = text.encode(encoding)
            email = read(octets).parts["create"].parts["subscriber"].parts["email"]
            assert email.text == f"{name}@example.com"
        else:
            found = fault(text)
            assert found.code is Code.NOT_READABLE
            assert "write UTF-8" in found.text or "not well-formed" in found.text


@pytest.mark.parametrize("encoding", ["utf8", "UTF8", "latin-1"])
def test_it_is_said_which_encoding_is_to_be_written(encoding: str) -> None:
    found = fault(f'<?xml version="1.0" encoding="{encoding}"?>{CREATE}')
    assert found.text == f'the encoding cannot be "{encoding}": write UTF-8'


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("07700 910003", 'cannot be "07700 910003": it has a blank in it'),
        ("+44\u200b7700900001", "it has U+200B in it"),
        ("+44\u00a07700900001", 'cannot be "+44<U+00A0>7700900001": it has U+00A0 in it'),
        ("+44-7700-900001", 'it has "-" in it'),
        ("+٤٤٧٧٠٠", "it has U+0664 and U+0667 and U+0660 in it"),
        ("447700900001", "it has no + before it"),
        ("+44+7700", "it has more than one +"),
        ("+0447700900001", "no code of a country begins with 0"),
        ("+1", "it has 1 digits"),
        ("+1234567890123456", "it has 16 digits"),
    ],
)
def test_of_a_number_it_is_said_what_is_wrong_and_how_to_write_it(number: str, says: str) -> None:
    found = fault(CREATE.replace("+447700900001", number))
    assert says in found.text
    assert "write + and the code of the country, then the number without the 0 before it" in found.text


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (f'<bulk xmlns="{NAMESPACE}" id="b"/>', "a bulk is sent to /provisioning/v1/bulk"),
        (
            '<request xmlns="urn:usn:provisioning:2" id="b"/>',
            'its namespace is "urn:usn:provisioning:2": write',
        ),
        ('<request id="b"/>', "its namespace is missing: write xmlns="),
        (f'<response xmlns="{NAMESPACE}" id="b"/>', 'it is "response"; here a request'),
    ],
)
def test_of_another_document_it_is_said_where_it_belongs(document: str, says: str) -> None:
    assert says in fault(document).text


def test_a_request_to_the_address_of_bulks_is_told_where_it_belongs() -> None:
    with pytest.raises(Fault) as caught:
        XmlReader(BULK, lambda *_: None).feed(CREATE.encode(), last=True)
    assert "a request is sent to /provisioning/v1; here a bulk is taken" in caught.value.text


def test_where_the_client_thinks_the_schema_is_does_not_matter() -> None:
    hint = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="u http://192.0.2.1/x.xsd"'
    )
    assert read(CREATE.replace(" id=", f" {hint} id=")).attributes == {"id": "crm-17"}


def test_the_id_is_known_also_where_the_rest_is_at_fault() -> None:
    for spoilt in (CREATE.replace("+44", "44"), CREATE[:-1], CREATE.replace("create>", "x>")):
        reader = XmlReader(REQUEST)
        with pytest.raises(Fault):
            reader.feed(spoilt.encode(), last=True)
        assert reader.request_id == "crm-17"


@pytest.mark.parametrize(
    "inner",
    [
        "<a>" * 50_000,
        "".join(f"<n{nth}/>" for nth in range(50_000)),
        "<create " + " ".join(f'a{nth}=""' for nth in range(50_000)) + "/>",
        "<create " + " ".join(f'xmlns:a{nth}="u"' for nth in range(40_000)) + "/>",
        "<!--" + "x" * 900_000 + "-->",
        "<create><subscriber><name>" + "x" * 900_000,
        "\n" * 900_000,
        "&amp;" * 200_000,
    ],
    ids=["deep", "names", "attributes", "namespaces", "comment", "text", "blanks", "references"],
)
def test_hostile_documents_cost_no_more_than_their_length(inner: str) -> None:
    document = f'<request xmlns="{NAMESPACE}" id="crm-17">{inner}'.encode()
    began = time.process_time()
    fault(document)
    assert time.process_time() - began < 5, "a thousand times what it takes"


def rows_of(*rows: str, chunk: int = 1 << 20) -> list[tuple[int, Node | Fault]]:
    found = list[tuple[int, Node | Fault]]()
    reader = XmlReader(BULK, lambda number, row: found.append((number, row)))
    document = f'<bulk xmlns="{NAMESPACE}" id="b-1">{"".join(rows)}</bulk>'.encode()
    for begin in range(0, len(document), chunk):
        reader.feed(document[begin : begin + chunk])
    reader.feed(b"", last=True)
    return found


GOOD = "<resume><number>+447700900001</number></resume>"


@pytest.mark.parametrize(
    ("row", "code", "at"),
    [
        ("<resume/>", Code.NOT_BY_SCHEMA, "/p:bulk/*[2]"),
        ("<poll/>", Code.UNKNOWN_NAME, "/p:bulk/*[2]"),
        ("<resume><number>1</number></resume>", Code.VALUE_NOT_ALLOWED, "/p:bulk/*[2]/p:number"),
        ("<resume><number>+123<b/></number><c/></resume>", Code.UNKNOWN_NAME, "/p:bulk/*[2]/p:number"),
        ("<suspend endConference='yes'/>", Code.VALUE_NOT_ALLOWED, "/p:bulk/*[2]/@endConference"),
        ("<create>x</create>", Code.NOT_BY_SCHEMA, "/p:bulk/*[2]"),
        (
            f"<create><subscriber><name>{'x' * 5000}</name></subscriber></create>",
            Code.VALUE_NOT_ALLOWED,
            "/p:bulk/*[2]/p:subscriber/p:name",
        ),
    ],
)
@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_a_row_that_is_at_fault_keeps_its_number_and_spoils_no_other(
    row: str, code: Code, at: str, chunk: int
) -> None:
    first, second, third = rows_of(GOOD, row, GOOD, chunk=chunk)
    assert (first[0], second[0], third[0]) == (1, 2, 3)
    assert isinstance(first[1], Node)
    assert isinstance(third[1], Node)
    assert isinstance(second[1], Fault)
    assert (second[1].code, second[1].at) == (code, at)


@pytest.mark.parametrize("between", ["text", "<!DOCTYPE a>", "<?x?>", "<a>" * 20, "<resume>"])
def test_what_is_no_row_spoils_the_bulk(between: str) -> None:
    with pytest.raises(Fault):
        rows_of(GOOD, between, GOOD)


def test_ever_new_names_in_rows_end_the_bulk() -> None:
    with pytest.raises(Fault) as caught:
        rows_of(*(f"<n{nth}/>" for nth in range(1000)))
    assert caught.value.code is Code.UNKNOWN_NAME
    assert len(rows_of(*(["<strange/>"] * 1000))) == 1000


def test_a_tag_without_end_is_refused_while_it_comes() -> None:
    reader = XmlReader(BULK, lambda _number, _row: None)
    reader.feed(f'<bulk xmlns="{NAMESPACE}" id="b-1"><!--'.encode())

    def feed() -> None:
        for _ in range(10):
            reader.feed(b"x" * 65_536)

    with pytest.raises(Fault) as caught:
        feed()
    assert caught.value.code is Code.TOO_LARGE


@given(st.binary(max_size=200))
def test_octets_of_any_kind_are_refused_in_words(octets: bytes) -> None:
    assert fault(octets).text
    reader = XmlReader(REQUEST)
    with pytest.raises(Fault):
        reader.feed(CREATE.encode()[:60] + octets + CREATE.encode()[61:], last=True)
