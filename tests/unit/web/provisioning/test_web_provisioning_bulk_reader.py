"""Proves that a bulk is read whole or refused whole, keeps each row, and is known again by its digest."""

from contextlib import closing
from io import BytesIO

import msgspec
import pytest

from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.orders import Operation, Order
from usnd.web.provisioning.bulk_reader import Bulk, read
from usnd.web.provisioning.grammar import MOST_ROWS, NAMESPACE
from usnd.web.provisioning.request_reader import FaultyRequest

GOOD = "<resume><number>+447700900001</number></resume>"
BAD = "<resume><number>1</number></resume>"


def digest(*rows: str, more: str = "") -> str:
    with closing(bulk(*rows, more=more)) as found:
        return found.digest


def bulk(*rows: str, more: str = "") -> Bulk:
    return read(BytesIO(f'<bulk xmlns="{NAMESPACE}" id="b-1"{more}>{"".join(rows)}</bulk>'.encode()))


def test_each_row_is_kept_with_its_number() -> None:
    found = bulk(GOOD, BAD, "<create><subscriber><number>+123</number><name>ü</name></subscriber></create>")
    rows = list(found.rows())
    assert (found.id, found.count, found.orders, found.first, found.check) == ("b-1", 3, 2, 1, False)
    assert [row.number for row in rows] == [1, 2, 3]
    fault = rows[1].fault
    assert fault is not None
    assert (fault.code, fault.at) == (Code.VALUE_NOT_ALLOWED, "/p:bulk/*[2]/p:number")
    order = msgspec.json.decode(rows[2].order, type=Order)
    assert order == Order(operation=Operation.CREATE, number="+123", values={"name": "ü"})
    assert list(found.rows()) == rows, "as often as it is asked"
    found.close()


def test_the_digest_is_of_what_is_meant() -> None:
    one = digest(GOOD, BAD)
    assert digest(" ", GOOD, "\n<!-- -->", BAD) == one
    assert digest(GOOD, BAD, more=' from="2" mode="do"') == one, "it goes on from there"
    others = {digest(GOOD), digest(BAD, GOOD), digest(GOOD, GOOD), digest(GOOD, BAD, more=' mode="check"')}
    assert len(others | {one}) == 5


@pytest.mark.parametrize(
    ("document", "code", "id_"),
    [
        (f'<bulk xmlns="{NAMESPACE}" id="b-1"></bulk>', Code.EMPTY_BULK, "b-1"),
        (f'<bulk xmlns="{NAMESPACE}" id="b-1">{GOOD}', Code.NOT_READABLE, "b-1"),
        (f'<bulk xmlns="{NAMESPACE}" id="b-1" from="0">{GOOD}</bulk>', Code.VALUE_NOT_ALLOWED, "b-1"),
        (f'<bulk xmlns="{NAMESPACE}" id="b-1" from="2">{GOOD}</bulk>', Code.VALUE_NOT_ALLOWED, "b-1"),
        (f'<bulk xmlns="{NAMESPACE}">{GOOD}</bulk>', Code.REQUEST_ID_WRONG, ""),
        (f'<request xmlns="{NAMESPACE}" id="b-1"><poll/></request>', Code.UNKNOWN_NAME, "b-1"),
        ("", Code.NOT_READABLE, ""),
    ],
)
def test_what_is_no_bulk_is_refused_whole(document: str, code: Code, id_: str) -> None:
    with pytest.raises(FaultyRequest) as caught:
        read(BytesIO(document.encode()))
    assert (caught.value.fault.code, caught.value.id) == (code, id_)


def test_a_bulk_cannot_go_on_behind_its_last_row() -> None:
    with closing(bulk(GOOD, BAD, more=' from="2"')) as found:
        assert found.first == 2
    with pytest.raises(FaultyRequest) as caught:
        bulk(GOOD, BAD, more=' from="3"')
    assert (caught.value.fault.at, "2 rows" in caught.value.fault.text) == ("/p:bulk/@from", True)


@pytest.mark.slow
def test_more_rows_than_may_be_are_refused() -> None:
    with pytest.raises(FaultyRequest) as caught:
        bulk("<a/>" * (MOST_ROWS + 1))
    assert caught.value.fault.code is Code.TOO_LARGE
