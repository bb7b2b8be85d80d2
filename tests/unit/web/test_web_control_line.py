"""Proves that who gets no result is told whether it may have been done."""

from pathlib import Path

import msgspec
import pytest

from usnd.control.answers import Bulk, Provisioned, Refusal, RefusalCode
from usnd.control.requests import Acknowledge, Provision, StartBulk
from usnd.domain.provisioning.codes import Code
from usnd.domain.provisioning.requests import ProvisioningOrder, ProvisioningResult
from usnd.domain.subscribers.orders import Operation, Order, OrderResult
from usnd.process.local_socket import TooLong
from usnd.web import control_line
from usnd.web.control_line import NoResult, NotUnderstood, acknowledge, answers, provision, start_bulk

NOWHERE = Path("/nowhere")
RESULT = ProvisioningResult(result=OrderResult(code=1000), server="s")
ORDER = ProvisioningOrder(
    serial="1a",
    issuer="CN=x",
    request="r",
    digest="0" * 64,
    server="s",
    order=Order(operation=Operation.RESUME, number="+123"),
)


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What usnd says: answers, octets, or an error; `lines` are what it was sent."""
    said = list[object]()

    def exchange(_path: Path, line: bytes, *, patience: float, longest: int) -> bytes:
        assert patience > 0
        assert longest > 0
        answer = said[0]
        if isinstance(answer, Exception):
            raise answer
        said.append(line)
        return answer if isinstance(answer, bytes) else msgspec.json.encode(answer)

    monkeypatch.setattr(control_line, "exchange", exchange)
    return said


def test_orders_cross_as_usnd_reads_them(says: list[object]) -> None:
    says.append(Provisioned(results=(RESULT, RESULT)))
    assert provision(NOWHERE, [msgspec.json.encode(ORDER)] * 2, 1) == (RESULT, RESULT)
    line = says[1]
    assert isinstance(line, bytes)
    assert msgspec.json.decode(line, type=Provision).orders == (ORDER, ORDER)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (FileNotFoundError(), Code.NOT_ACTIVE),
        (ConnectionRefusedError(), Code.NOT_ACTIVE),
        (PermissionError(), Code.FAULT),
        (TooLong("long"), Code.FAULT),
        (TimeoutError(), Code.NO_ANSWER_IN_TIME),
        (ConnectionResetError(), Code.NO_ANSWER_IN_TIME),
        (b"no JSON", Code.NO_ANSWER_IN_TIME),
        (Bulk(code=1000, server="s"), Code.NO_ANSWER_IN_TIME),
        (Provisioned(results=()), Code.FAULT),
        (Refusal(code=RefusalCode.TIMED_OUT, refused="x"), Code.NO_ANSWER_IN_TIME),
        (Refusal(code=RefusalCode.TOO_MANY, refused="x"), Code.TOO_MANY_REQUESTS),
        (Refusal(code=RefusalCode.FAULT, refused="x"), Code.FAULT),
        (Refusal(code=RefusalCode.NOT_ALLOWED, refused="x"), Code.FAULT),
        (Refusal(code=RefusalCode.VERSION, refused="x"), Code.FAULT),
    ],
)
def test_why_there_is_no_result_has_a_code(says: list[object], said: object, code: Code) -> None:
    says.append(said)
    with pytest.raises(NoResult) as caught:
        provision(NOWHERE, [b"{}"], 1)
    assert caught.value.code is code
    with pytest.raises(NoResult):
        acknowledge(NOWHERE, Acknowledge(serial="1", issuer="i", change=1), 1)


def test_what_usnd_cannot_read_is_told_apart(says: list[object]) -> None:
    says.append(Refusal(code=RefusalCode.NOT_UNDERSTOOD, refused="x"))
    with pytest.raises(NotUnderstood):
        provision(NOWHERE, [b"{}"], 1)


def test_a_bulk_is_announced(says: list[object]) -> None:
    says.append(Bulk(code=1000, server="first"))
    asked = StartBulk(serial="1", issuer="i", request="r", digest="0" * 64, server="s", rows=3)
    assert start_bulk(NOWHERE, asked, 1).server == "first"


def test_any_answer_is_a_sign_of_life(says: list[object]) -> None:
    says.append(Refusal(code=RefusalCode.NOT_UNDERSTOOD, refused="x"))
    assert answers(NOWHERE, 1)
    says[0] = TimeoutError()
    assert not answers(NOWHERE, 1)
