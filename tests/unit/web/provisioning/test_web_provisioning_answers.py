"""Proves that answers are by the schema, say what happened, and are the same octets for the same result."""

from datetime import UTC, datetime

import msgspec
import pytest
from crm.documents import by_lxml
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from usnd.control.answers import ProvisioningResult
from usnd.domain.provisioning.codes import CATALOGUE, Code
from usnd.domain.subscribers.attributes import ATTRIBUTES
from usnd.domain.subscribers.orders import Credentials, OrderResult
from usnd.store.subscriber_changes import StoredChange, SubscriberChange
from usnd.web.provisioning import answers
from usnd.web.provisioning.bulk_summary import BulkEnd
from usnd.web.provisioning.grammar import NAMESPACE
from usnd.web.provisioning.xml_reader import Fault

NUMBER = "+447700900001"
DONE = OrderResult(
    code=Code.DONE,
    number=NUMBER,
    subscriber={one.name: "x" for one in reversed(ATTRIBUTES)} | {"suspended": "false"},
    credentials=Credentials("ann", "<&>"),
)


def valid(document: bytes) -> etree._Element:
    tree = etree.fromstring(document)
    by_lxml().assertValid(tree)
    return tree


def text(tree: etree._Element, path: str) -> str:
    found = tree.find(path, {"p": NAMESPACE})
    assert found is not None, path
    return found.text or ""


def test_an_order_that_is_done_is_told_with_all_that_is_set() -> None:
    document = answers.order_response("crm-17", "create", ProvisioningResult(result=DONE, server="ab"))
    tree = valid(document)
    assert (tree.get("request"), tree.get("server")) == ("crm-17", "ab")
    told = tree.find("p:subscriber", {"p": NAMESPACE})
    assert told is not None
    names = [etree.QName(one).localname for one in told]
    assert names == ["number", *(one.name for one in ATTRIBUTES), "suspended"]
    assert text(tree, "p:credentials/p:password") == "<&>"


def test_the_same_result_is_the_same_octets_also_out_of_the_store() -> None:
    kept = msgspec.json.decode(msgspec.json.encode(DONE), type=OrderResult)
    told = [
        answers.order_response(
            "crm-17", "create", ProvisioningResult(result=one, server="ab", repeated=repeated)
        )
        for one, repeated in ((DONE, False), (kept, True))
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("code", list(CATALOGUE))
def test_every_code_has_its_document(code: Code) -> None:
    tree = valid(answers.refusal("", "ab", Fault(code, "more", "/p:request")))
    assert text(tree, "p:result/p:text").startswith(CATALOGUE[code].text.partition(". ")[0].rstrip("."))
    assert tree.get("request") is None
    valid(answers.bulk_head("b", "s") + answers.bulk_end(BulkEnd(3, 1, 1, check=False, interrupted=code)))


def test_a_fault_of_which_more_is_known_does_not_say_that_it_may_have_been_done() -> None:
    tree = valid(answers.refusal("", "ab", Fault(Code.FAULT, "Nothing was done.")))
    assert text(tree, "p:result/p:text") == "A fault of the node. Nothing was done."


@pytest.mark.parametrize(
    ("operation", "attribute", "at"),
    [
        ("create", "email", "/p:request/p:create/p:subscriber/p:email"),
        ("create", "number", "/p:request/p:create/p:subscriber/p:number"),
        ("suspend", "number", "/p:request/p:suspend/p:number"),
        ("delete", "endConference", "/p:request/p:delete/@endConference"),
        ("create", "operation", "/p:request/p:create"),
    ],
)
def test_the_value_at_fault_is_told_by_its_xpath(operation: str, attribute: str, at: str) -> None:
    refused = OrderResult(code=Code.VALUE_NOT_ALLOWED, text="why", attribute=attribute, number=NUMBER)
    done = ProvisioningResult(result=refused, server="ab")
    assert text(valid(answers.order_response("c", operation, done)), "p:result/p:at") == at
    row = answers.row(7, operation, refused)
    assert at.replace(f"/p:request/p:{operation}", "/p:bulk/*[7]") in row


def test_a_bulk_is_told_row_by_row() -> None:
    rows = (
        answers.row(1, "create", DONE)
        + answers.row(2, "create", OrderResult(code=Code.SUBSCRIBER_EXISTS, number=NUMBER))
        + answers.faulty_row(3, Fault(Code.NOT_BY_SCHEMA, "why", "/p:bulk/*[3]"))
    )
    tree = valid(
        answers.bulk_head("b-1", "ab") + rows.encode() + answers.bulk_end(BulkEnd(3, 1, 2, check=False))
    )
    assert [one.get("code") for one in tree[:3]] == ["1000", "2201", "2001"]
    assert text(tree[0], "p:credentials/p:login") == "ann"


def test_a_page_and_a_change_are_by_the_schema() -> None:
    page = answers.subscribers([(NUMBER, {"name": "Ann"}), ("+447700900002", {})], "+447700900002")
    tree = valid(answers.response("c", "s", answers.result_of(Code.DONE), page))
    assert tree[1].get("next") == "+447700900002"
    at = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
    change = answers.change(StoredChange(17, SubscriberChange(at, NUMBER, "changed", "ops", by_crm=False)), 3)
    tree = valid(answers.response("c", "s", answers.result_of(Code.CHANGE_TO_ACKNOWLEDGE), change))
    assert tree[1].get("at") == "2026-03-01T12:00:00.000005Z"
    assert tree[2].text == "3"


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_of_the_database_can_be_told(written: str) -> None:
    told = DONE.subscriber | {"name": written}
    done = ProvisioningResult(result=msgspec.structs.replace(DONE, subscriber=told), server="s")
    valid(answers.order_response("c", "create", done))
