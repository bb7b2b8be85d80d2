"""How `usnd terminal` and `usnd provisioning` show what is stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usnd.cli.provisioning.requests import bulk_row, request_row
from usnd.cli.provisioning.terminal import terminal_row
from usnd.domain.certificates.rights import Operation, Rights
from usnd.domain.certificates.terminal import Terminal
from usnd.domain.provisioning.idempotency import RequestKey
from usnd.store.provisioning.answers import StoredAnswer, StoredBulk

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CRM = Terminal(
    "crm-1", "1f", "CN=USN", NOW, Rights(frozenset({Operation.READ, Operation.CREATE}), ("+44", "+33"))
)
BULK = StoredBulk("crm-1", "b", "d", "s", 10, NOW, None, 4, 3)


def test_a_terminal_says_whether_it_is_heard_now() -> None:
    before = NOW - timedelta(seconds=1)
    assert terminal_row(CRM, before, None)["state"] == "good"
    assert terminal_row(CRM, NOW, None)["state"] == "ended"
    assert terminal_row(replace(CRM, revoked_at=NOW), before, None)["state"] == "revoked"
    row = terminal_row(CRM, before, None)
    assert (row["operations"], row["numbers"], row["ends"]) == (
        "create read",
        "+44 +33",
        "2026-03-01T12:00:00Z",
    )


def test_an_answer_says_whose_it_is_and_its_code() -> None:
    stored = StoredAnswer(
        RequestKey("crm-1", "r", 3), "d", "s", NOW, '{"code":2201,"number":"+447700900001"}'
    )
    assert request_row(stored) == {
        "at": "2026-03-01T12:00:00Z",
        "terminal": "crm-1",
        "request": "r",
        "row": 3,
        "number": "+447700900001",
        "code": 2201,
        "text": "",
        "server": "s",
    }


def test_a_bulk_says_what_is_done_refused_and_left() -> None:
    row = bulk_row(BULK)
    assert (row["rows"], row["done"], row["refused"], row["left"], row["finished"]) == (10, 3, 1, 6, "")
    assert bulk_row(BULK._replace(finished_at=NOW))["finished"] == "2026-03-01T12:00:00Z"
