"""What the portal reads of the past: each subscriber's own, page by page by an index, summed as charged."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, event, insert, text

from usnd.domain.conference.call import CallOutcome, CallState, Direction, Role
from usnd.domain.conference.model import ConferenceState, EndReason, LaunchedBy
from usnd.domain.messaging.message import MtState
from usnd.domain.recording.files import RecordState
from usnd.store import recordings as recordings_statements
from usnd.store.core.transaction import Transaction
from usnd.store.portal import past_calls, past_conferences, past_texts
from usnd.store.portal.past_conferences import Wanted
from usnd.store.schema import calls, cdrs, conferences, mo_texts, mt_texts, recordings, subscribers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, EVE = 1, 2
MANY = 100_000


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


@pytest.fixture
def people(tx: Transaction) -> Transaction:
    for number in (ANN, EVE):
        row = {"id": number, "number": f"+44770090000{number}", "created_at": NOW}
        tx.execute(insert(subscribers), row)
    return tx


def conference(tx: Transaction, number: int, owner: int = ANN, **changes: object) -> None:
    row = {
        "id": number,
        "subscriber_id": owner,
        "subscriber_number": f"+44770090000{owner}",
        "state": ConferenceState.ENDED,
        "launched_at": minutes(number),
        "ended_at": minutes(number + 5),
        "end_reason": EndReason.TOLD,
        "launched_by": LaunchedBy.PORTAL,
        **changes,
    }
    tx.execute(insert(conferences), row)


def call(tx: Transaction, conference_id: int, position: int, number: str, name: str = "") -> None:
    row = {
        "id": f"usn-{conference_id}-{position}",
        "conference_id": conference_id,
        "position": position,
        "number": number,
        "name": name,
        "role": Role.PARTICIPANT if position else Role.SUBSCRIBER,
        "direction": Direction.OUT,
        "state": CallState.ENDED,
        "planned_at": minutes(conference_id),
        "rang_at": minutes(conference_id + 1),
        "ended_at": minutes(conference_id + 2),
        "outcome": CallOutcome.BUSY,
        "told_to_end": False,
        "dnis": "",
    }
    tx.execute(insert(calls), row)


def cdr(tx: Transaction, sequence: int, owner: int = ANN, **changes: object) -> None:
    row = {
        "sequence": sequence,
        "call_id": f"usn-{sequence}",
        "subscriber_id": owner,
        "conference_id": 7,
        "role": Role.PARTICIPANT,
        "direction": Direction.OUT,
        "cli": f"+44770090000{owner}",
        "dnis": "+447700900010",
        "start": minutes(sequence),
        "answer": minutes(sequence),
        "stop": minutes(sequence + 1),
        "outcome": "completed",
        "recorded": False,
        "activation_pin": "",
        "trunk": "",
        **changes,
    }
    tx.execute(insert(cdrs), row)


def ids(found: past_conferences.Found) -> list[int]:
    return [one.id for one in found.conferences]


def test_a_subscriber_sees_their_own_conferences_that_are_over_page_by_page(people: Transaction) -> None:
    for number in range(1, 6):
        conference(people, number)
    conference(people, 6, EVE)
    conference(people, 7, state=ConferenceState.RUNNING, ended_at=None, end_reason=None)
    past = people.past_conferences
    first = past.page(ANN, Wanted(), 2)
    assert (ids(first), first.rest, first.unfinished) == ([5, 4], 4, False)
    assert ids(past.page(ANN, Wanted(before=4), 2)) == [3, 2]
    last = past.page(ANN, Wanted(before=2), 2)
    assert (ids(last), last.rest) == ([1], 0)
    assert ids(past.page(ANN, Wanted(since=minutes(2), until=minutes(4)), 9)) == [3, 2]
    assert ids(past.page(ANN, Wanted(before=6), 2)) == [5, 4], "a place of another's list is none"
    assert ids(past.page(EVE, Wanted(), 9)) == [6]


def test_one_is_had_with_its_calls_and_recordings_by_its_owner_only(people: Transaction) -> None:
    conference(people, 1)
    call(people, 1, 0, "+447700900001")
    call(people, 1, 1, "+447700900010", "bob")
    people.execute(insert(recordings), recorded(1, 1))
    one = people.past_conferences.get(ANN, 1)
    assert one is not None
    assert [(each.name, each.outcome, each.rang_at) for each in one.calls] == [
        ("", CallOutcome.BUSY, minutes(2)),
        ("bob", CallOutcome.BUSY, minutes(2)),
    ]
    assert [part.number for part in one.recording_parts] == [1]
    assert one.launched_by is LaunchedBy.PORTAL
    assert people.past_conferences.get(EVE, 1) is None
    assert people.past_conferences.get(ANN, 99) is None


def test_what_a_later_release_launched_by_is_not_known_here(people: Transaction) -> None:
    conference(people, 1)
    people.execute(text("UPDATE conferences SET launched_by = 'fax'"))
    one = people.past_conferences.get(ANN, 1)
    assert one is not None
    assert one.launched_by is None


def test_they_are_found_by_name_and_number_and_signs_mean_themselves(people: Transaction) -> None:
    for number, (phone, name) in enumerate([("+447700900010", "Bob"), ("+447700900011", "100%_o")], 1):
        conference(people, number)
        call(people, number, 1, phone, name)
    past = people.past_conferences
    assert ids(past.page(ANN, Wanted(sought="bo"), 9)) == [1]
    assert ids(past.page(ANN, Wanted(sought="900011"), 9)) == [2]
    assert ids(past.page(ANN, Wanted(sought="0%_"), 9)) == [2]
    assert ids(past.page(ANN, Wanted(sought="o_b"), 9)) == []
    assert ids(past.page(ANN, Wanted(sought="\\"), 9)) == []


def test_a_search_stops_after_so_many_and_goes_on(
    people: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        conference(people, number)
        call(people, number, 1, "+447700900010", "bob" if number < 3 else "zoe")
    monkeypatch.setattr(past_conferences, "MOST_SEARCHED", 3)
    past = people.past_conferences
    first = past.page(ANN, Wanted(sought="bob"), 9)
    assert (ids(first), first.rest, first.unfinished) == ([], 3, True)
    assert ids(past.page(ANN, Wanted(sought="bob", before=3), 9)) == [2, 1]


def test_time_is_summed_as_it_is_charged(people: Transaction) -> None:
    cdr(people, 1, stop=minutes(2) + timedelta(milliseconds=1))
    cdr(people, 2, answer=None, outcome="busy", dnis="+447700900011")
    cdr(people, 20, direction=Direction.IN, cli="+447700900010", dnis="52273", conference_id=8)
    cdr(people, 21, role=Role.SUBSCRIBER, dnis="+447700900001")
    cdr(people, 22, EVE)
    past, days = people.past_calls, (NOW, NOW + timedelta(days=1))
    assert past.by_quarter(ANN, *days) == ((NOW, 61, 2), (minutes(15), 120, 2))
    assert past.by_contact(ANN, *days, 9) == (("+447700900010", 121, 2), ("+447700900011", 0, 1))
    assert past.by_contact(ANN, *days, 1) == (("+447700900010", 121, 2),)
    assert past.by_conference(ANN, *days, 9) == ((7, minutes(1), 121, 3), (8, minutes(20), 60, 1))
    assert past.by_quarter(ANN, minutes(21), minutes(22)) == ((minutes(15), 60, 1),)


def test_the_interim_records_of_a_long_call_are_not_calls_of_their_own(people: Transaction) -> None:
    whole = {"start": minutes(0), "answer": minutes(0), "call_id": "usn-long"}
    cdr(people, 1, **{**whole, "stop": minutes(60), "call_id": "usn-long/1"}, interim_of="usn-long")
    cdr(people, 2, **whole, stop=minutes(90), part=2, charged_from=minutes(60))
    past, days = people.past_calls, (NOW, NOW + timedelta(days=1))
    assert [(one.sequence, one.seconds) for one in past.page(ANN, *days, 0, 9)] == [(2, 5400)]
    assert past.by_quarter(ANN, *days) == ((NOW, 5400, 1),)


def test_calls_are_listed_page_by_page(people: Transaction) -> None:
    for sequence in range(1, 5):
        cdr(people, sequence, start=minutes(sequence // 2))
    cdr(people, 5, EVE)
    cdr(people, 6, outcome="teleported", answer=None)
    past, days = people.past_calls, (NOW, NOW + timedelta(days=1))
    first = past.page(ANN, *days, 0, 3)
    assert [one.sequence for one in first] == [6, 4, 3]
    assert (first[0].seconds, first[1].seconds) == (None, 60)
    assert [one.sequence for one in past.page(ANN, *days, 3, 3)] == [2, 1]
    assert [one.sequence for one in past.page(ANN, *days, 5, 9)] == [6, 4, 3, 2, 1]


def recorded(conference_id: int, part: int, owner: int = ANN) -> dict[str, Any]:
    row = {"conference_id": conference_id, "stretch": part, "subscriber_id": owner, "ordered_at": NOW}
    return {**row, "path": f"c{conference_id}-{part}.wav", "state": RecordState.CLOSED}


def test_recordings_are_listed_page_by_page(people: Transaction) -> None:
    rows = [recorded(1, 1), recorded(1, 2), recorded(2, 1), recorded(3, 1, EVE)]
    people.execute(insert(recordings), rows)
    people.execute(insert(recordings), {**recorded(2, 2), "state": RecordState.FAILED})
    found = people.recordings.page(ANN, (2**62, 0), 2)
    assert [one.id for one in found] == ["2-1", "1-2"]
    assert [one.id for one in people.recordings.page(ANN, (1, 2), 2)] == ["1-1"]


def text_of(table: str, tx: Transaction, who: str, at: datetime, **more: Any) -> None:
    if table == "mo":
        row = {"smsc": "a", "session": "s", "sender": who, "recipient": "1", "body": "b", "fingerprint": "f"}
        tx.execute(insert(mo_texts), {**row, "received_at": at, **more})
    else:
        row = {"smsc": "a", "sender": "1", "recipient": who, "body": "b", "priority": 0}
        ended = {"state": MtState.SENT, "settled_at": at, "expires_at": at}
        tx.execute(insert(mt_texts), {**row, **ended, "queued_at": at, **more})


def test_texts_are_those_of_the_number_since_it_is_theirs(people: Transaction) -> None:
    text_of("mo", people, "+447700900001", NOW - timedelta(days=1))
    text_of("mo", people, "447700900001", minutes(1))
    text_of("mo", people, "+447700900001", minutes(2))
    text_of("mo", people, "+447700900001", minutes(3), smsc="console")
    text_of("mo", people, "+447700900002", minutes(3))
    text_of("mt", people, "+447700900001", minutes(4))
    text_of("mt", people, "+447700900010", minutes(4), mo_id=3)
    text_of("mt", people, "+447700900011", minutes(4), mo_id=3, state=MtState.EXPIRED)
    text_of("mt", people, "447700900001", minutes(4), mo_id=3)
    spelled = ("+447700900001", "447700900001")
    past = people.past_texts
    assert [(one.id, one.at) for one in past.sent(ANN, spelled, past_texts.NEWEST, 9)] == [
        (3, minutes(2)),
        (2, minutes(1)),
    ]
    assert [one.id for one in past.sent(ANN, spelled, 3, 1)] == [2]
    assert [one.id for one in past.got(ANN, spelled, past_texts.NEWEST, 9)] == [4, 1]
    assert past.passed_on([2, 3], spelled) == {3: {MtState.SENT: 1, MtState.EXPIRED: 1}}
    assert past.passed_on([], spelled) == {}


def test_nicks_by_number(people: Transaction) -> None:
    for nick in ("zoe", "bob"):
        people.execute(
            text(
                "INSERT INTO users (subscriber_id, nick, nick_key, number, first, last)"
                f" VALUES ({ANN}, '{nick}', '{nick}', '+447700900010', '', '')"
            )
        )
    assert people.directory.nicks_of(ANN, {"+447700900010", "+447700900011"}) == {"+447700900010": "bob"}
    assert people.directory.nicks_of(EVE, {"+447700900010"}) == {}
    assert people.directory.nicks_of(ANN, set()) == {}


# A hundred thousand ----------------------------------------------------------------------------------------


def plan_of(tx: Transaction, statement: Select[Any], values: dict[str, Any]) -> str:
    """As PostgreSQL decides it by its statistics alone: what the node forbids it is allowed here."""
    connection = tx._connection
    connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
    asked: list[Any] = []
    event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    connection.execute(statement, values)
    query, parameters = asked[-1]
    rows = connection.exec_driver_sql(f"EXPLAIN {query}", parameters)
    return "\n".join(str(row[0]) for row in rows)


_OF = f"CASE WHEN n <= {MANY} THEN {ANN} ELSE 100 + n % 1000 END"
_AT = "timestamptz '2026-03-01 12:00+00' + n * interval '10 s'"
_MADE: dict[str, dict[str, str]] = {
    "conferences": {
        "id": "n",
        "subscriber_id": _OF,
        "subscriber_number": "'+44'",
        "state": "'ended'",
        "launched_at": _AT,
        "ended_at": _AT,
    },
    "calls": {
        "id": "'usn-' || n",
        "conference_id": "n",
        "position": "0",
        "number": "'+4477' || n",
        "name": "'n' || n",
        "role": "'participant'",
        "direction": "'out'",
        "state": "'ended'",
        "planned_at": _AT,
        "told_to_end": "false",
        "dnis": "''",
    },
    "cdrs": {
        "sequence": "n",
        "call_id": "n",
        "subscriber_id": _OF,
        "conference_id": "n / 10",
        "role": "'participant'",
        "direction": "'out'",
        "cli": "'+44'",
        "dnis": "'+44' || n % 500",
        "start": _AT,
        "answer": _AT,
        "stop": f"{_AT} + interval '90 s'",
        "outcome": "'completed'",
        "recorded": "false",
        "activation_pin": "''",
        "trunk": "''",
    },
    "recordings": {
        "conference_id": "n",
        "stretch": "1",
        "subscriber_id": _OF,
        "path": "'c' || n || '-1.wav'",
        "state": "'closed'",
        "ordered_at": _AT,
    },
    "mo_texts": {
        "smsc": "'a'",
        "session": "'s'",
        "sender": f"'+44' || ({_OF})",
        "recipient": "'1'",
        "body": "'b'",
        "fingerprint": "n",
        "received_at": _AT,
    },
}


@pytest.fixture
def many(people: Transaction) -> Transaction:
    """A hundred thousand of each of Ann's, and some of a thousand others."""
    people.execute(
        text(
            "INSERT INTO subscribers (id, number, created_at) OVERRIDING SYSTEM VALUE"
            " SELECT 100 + n, '+44' || n, now() FROM generate_series(0, 999) AS n"
        )
    )
    for table, columns in _MADE.items():
        names, values = ", ".join(columns), ", ".join(columns.values())
        rows = f"SELECT {values} FROM generate_series(1, {MANY + 20_000}) AS n"
        people.execute(text(f"INSERT INTO {table} ({names}) {rows}"))
        people.execute(text(f"ANALYZE {table}"))
    return people


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.slow
def test_of_a_hundred_thousand_a_page_reads_what_it_shows(many: Transaction) -> None:
    half = {"at": NOW + timedelta(seconds=5 * MANY), "before": MANY // 2}
    days = {"since": NOW, "until": NOW + timedelta(days=30)}
    mine: dict[str, Any] = {"owner": ANN, "most": 26}
    ever = {"since": past_conferences.BEGINNING, "until": past_conferences.END}
    questions: tuple[tuple[Select[Any], dict[str, Any], str], ...] = (
        (past_conferences._IDS, {**mine, **ever, **half}, "ix_conferences_subscriber_id_launched_at_id"),
        (
            past_conferences._FOUND,
            {**mine, **ever, **half, "sought": "%zz%", "searched": 2000},
            "ix_conferences_subscriber_id_launched_at_id",
        ),
        (past_calls._PAGE, {**mine, **days, **half}, "ix_cdrs_subscriber_id_start_sequence"),
        (
            recordings_statements._PAGE,
            {**mine, "owner": 150, "conference": 110_000, "before": 1},
            "ix_recordings_subscriber_id",
        ),
        (past_texts._SENT, {**mine, "spelling": "+44150", "before": 115_000}, "ix_mo_texts_sender_id"),
    )
    for statement, values, index in questions:
        plan = plan_of(many, statement, values)
        assert index in plan, plan
        assert "Seq Scan" not in plan, plan
        assert "Sort  (" not in plan or statement in (past_conferences._FOUND, recordings_statements._PAGE), (
            plan
        )
    some = {"owner": ANN, "since": NOW, "until": NOW + timedelta(hours=12)}
    for summed in (past_calls._QUARTERS, past_calls._CONTACTS, past_calls._CONFERENCES):
        values = some if summed is past_calls._QUARTERS else {**some, "most": 20}
        assert "ix_cdrs_subscriber_id_start_sequence" in plan_of(many, summed, values)
