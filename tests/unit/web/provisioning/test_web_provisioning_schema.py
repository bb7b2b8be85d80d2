"""Proves that the published schema is the grammar's, and that the readers take what it takes, and no more."""

from io import BytesIO

import pytest
from crm.documents import BULK, EXAMPLES, SCHEMA, by_lxml, by_xmlschema, documents
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from usnd.domain.provisioning.codes import CATALOGUE
from usnd.domain.subscribers.attributes import ATTRIBUTES
from usnd.web.provisioning import answer_grammar, bulk_reader, grammar, request_reader
from usnd.web.provisioning.request_reader import FaultyRequest
from workbench.docs import nginx_errors, provisioning_schema


def reads(document: bytes) -> bool:
    try:
        request_reader.read(document)
    except FaultyRequest:
        return False
    return True


def reads_bulk(document: bytes) -> bool:
    """Whether no row is at fault either."""
    try:
        bulk = bulk_reader.read(BytesIO(document))
    except FaultyRequest:
        return False
    with_faults = any(row.fault for row in bulk.rows())
    bulk.close()
    return not with_faults


def is_valid(document: bytes) -> bool:
    return bool(by_lxml().validate(etree.fromstring(document)))


def has_its_first_row(document: bytes) -> bool:
    """Whether the row is there from which on it is to be told: a schema cannot say so but in words."""
    bulk = etree.fromstring(document)
    return int(bulk.get("from", "1")) <= len(bulk.findall("{*}*"))


def test_the_schema_is_written_from_the_grammar() -> None:
    assert SCHEMA.read_text() == provisioning_schema.page(), "make pages"


def test_a_type_of_the_schema_is_one_value_of_the_grammar() -> None:
    roots = (grammar.REQUEST, grammar.BULK, answer_grammar.RESPONSE, answer_grammar.BULK_RESPONSE)
    values = {value for root in roots for value in provisioning_schema._values(root)}
    assert len({value.name for value in values}) == len(values)


def test_the_schema_names_every_attribute_and_code() -> None:
    schema = SCHEMA.read_text()
    assert all(f'<xs:element name="{one.name}"' in schema for one in ATTRIBUTES)
    assert all(f'<xs:enumeration value="{code.value}">' in schema for code in CATALOGUE)


@settings(max_examples=300)
@given(documents())
def test_a_request_is_read_if_and_only_if_it_is_valid(document: bytes) -> None:
    assert reads(document) is is_valid(document), document


@settings(max_examples=150)
@given(documents(BULK))
def test_a_bulk_is_read_without_fault_if_and_only_if_it_is_valid(document: bytes) -> None:
    assert reads_bulk(document) is (is_valid(document) and has_its_first_row(document)), document


@settings(max_examples=60)
@given(st.one_of(documents(), documents(BULK)))
def test_another_make_of_validator_agrees(document: bytes) -> None:
    assert by_xmlschema().is_valid(document.decode()) is is_valid(document), document


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_valid_and_can_be_sent(path: object) -> None:
    document = path.read_bytes()  # type: ignore[attr-defined]
    assert is_valid(document), by_lxml().error_log
    assert by_xmlschema().is_valid(document.decode())
    if etree.QName(etree.fromstring(document)).localname in ("request", "bulk"):
        assert reads(document) or reads_bulk(document)


@pytest.mark.parametrize("code", sorted(nginx_errors._codes()))
def test_what_nginx_answers_is_valid(code: int) -> None:
    body = nginx_errors.body(code)  # type: ignore[arg-type]
    filled = body.replace("$request_id", "ab12").replace("$provisioning_request", ' request="crm-17"')
    assert is_valid(filled.encode()), by_lxml().error_log
