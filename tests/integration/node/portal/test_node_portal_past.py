"""What was, in the portal: conferences, recordings, use, calls, texts, each subscriber's own (W2)."""

import struct
from dataclasses import dataclass
from pathlib import Path

import pytest
from portal.browser import Browser
from portal.node import PortalNode

AT = "timestamptz '2026-03-01 12:00:00+00'"
DAYS = "from=2026-03-01&to=2026-03-31"
BOB = "+447700900998"
FORMULA = "=cmd()"


@dataclass
class Had:
    """Somebody with a past: one conference, with three calls and two recording parts, and texts."""

    number: str
    browser: Browser
    conference: int


def wav(seconds: int) -> bytes:
    samples = bytes(index % 251 for index in range(16_000)) * seconds
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    whole = b"WAVE" + form + struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI", b"RIFF", len(whole)) + whole


def inserted(node: PortalNode, table: str, **columns: object) -> None:
    """A row; values are written as SQL has them."""
    names, values = ", ".join(columns), ", ".join(str(one) for one in columns.values())
    node.sql(f"INSERT INTO {table} ({names}) VALUES ({values})")


def called(node: PortalNode, conference: int, owner: int, position: int, who: str, name: str) -> None:
    """A call of it with its record: Bob's telephone was busy, the others were in for 8 minutes 55."""
    busy = who == BOB
    joined = "NULL" if busy else f"{AT} + interval '5 s'"
    same = {
        "conference_id": conference,
        "role": "'participant'" if position else "'subscriber'",
        "direction": "'out'",
        "outcome": "'busy'" if busy else "'completed'",
        "activation_pin": "'7654321'",
    }
    inserted(
        node,
        "calls",
        **same,
        id=f"'usn-{conference}-{position}'",
        position=position,
        number=f"'{who}'",
        name=f"'{name}'",
        state="'ended'",
        planned_at=AT,
        rang_at=f"{AT} + interval '2 s'",
        answered_at=joined,
        joined_at=joined,
        ended_at=f"{AT} + interval '9 min'",
        told_to_end="false",
        dnis="''",
    )
    inserted(
        node,
        "cdrs",
        **same,
        sequence=conference * 10 + position,
        call_id=f"'usn-{conference}-{position}'",
        subscriber_id=owner,
        cli="''",
        dnis=f"'{who}'",
        start=AT,
        answer=joined,
        stop=f"{AT} + interval '9 min'",
        recorded="true",
        trunk="'msc'",
    )


def furnished(node: PortalNode, conference: int) -> Had:
    number = node.subscriber()
    owner = node.sql(f"SELECT id FROM subscribers WHERE number = '{number}'")[0][0]
    node.sql(f"UPDATE subscribers SET time_zone = 'Europe/Berlin', created_at = {AT} WHERE id = {owner}")
    inserted(
        node,
        "conferences",
        id=conference,
        subscriber_id=owner,
        subscriber_number=f"'{number}'",
        state="'ended'",
        launched_at=AT,
        ended_at=f"{AT} + interval '10 min'",
        end_reason="'told'",
        instant=3,
        launched_by="'portal'",
    )
    for position, (who, name) in enumerate(((number, ""), (BOB, "Bob"), ("+447700900997", FORMULA))):
        called(node, conference, owner, position, who, name)
    for part in (1, 2):
        inserted(
            node,
            "recordings",
            conference_id=conference,
            stretch=part,
            subscriber_id=owner,
            path=f"'c{conference}-{part}.wav'",
            state="'closed'",
            ordered_at=AT,
            started_at=AT,
            stopped_at=f"{AT} + interval '2 s'",
            octets=32044,
        )
    (node.recordings / f"c{conference}-1.wav").write_bytes(wav(2))
    return Had(number, node.signed_in(number), conference)


@pytest.fixture(scope="module")
def ann(node: PortalNode) -> Had:
    return furnished(node, 900_001)


@pytest.fixture(scope="module")
def eve(node: PortalNode) -> Had:
    return furnished(node, 900_002)


def test_a_conference_is_listed_found_and_told(ann: Had, eve: Had) -> None:
    page = ann.browser.get("/history")
    assert "2026-03-01 13:00" in page.text
    assert "All times are in the time zone Europe/Berlin." in page.text
    assert f"/history/{ann.conference}" in str(page.tags)
    assert f"/history/{eve.conference}" not in str(page.tags)
    assert "2026-03-01" in ann.browser.get("/history?q=BOB").text
    for nothing in ("q=zoe", "from=2026-03-02", "to=2026-02-28", "q=%25", "q=%00"):
        assert "No conference is found." in ann.browser.get(f"/history?{nothing}").text
    told = ann.browser.get(f"/history/{ann.conference}").text
    for words in (
        "by you, in this portal",
        "it was ended by you or your operator",
        "2026-03-01 13:00:02 Bob +447700900998 The phone rang",
        "Did not come in: the phone was busy",
        "2026-03-01 13:00:05 You Came in",
        "2026-03-01 13:09:00 You Left",
        "Recording 1 began",
    ):
        assert words in told
    assert b"7654321" not in ann.browser.get(f"/history/{ann.conference}").body


def test_a_recording_is_heard_in_pieces_and_kept(node: PortalNode, ann: Had) -> None:
    whole = (node.recordings / f"c{ann.conference}-1.wav").read_bytes()
    path = f"/recordings/{ann.conference}/1"
    page = ann.browser.get("/recordings")
    assert ("audio", path) in [(tag, given.get("src")) for tag, given in page.tags]
    assert "Length 0:02." in page.text
    heard = ann.browser.get(path)
    assert (heard.status, heard.body) == (200, whole)
    assert heard.header("content-type") == "audio/wav"
    assert heard.header("content-disposition") == "inline"
    assert heard.header("x-accel-redirect") == ""
    assert heard.header("cross-origin-resource-policy") == "same-origin"
    piece = ann.browser.get(path, {"Range": "bytes=44-143"})
    assert (piece.status, piece.body) == (206, whole[44:144])
    assert piece.header("content-range") == f"bytes 44-143/{len(whole)}"
    assert ann.browser.get(path, {"Range": f"bytes={len(whole)}-"}).status == 416
    kept = ann.browser.get(f"{path}/file")
    assert kept.body == whole
    assert (
        kept.header("content-disposition") == 'attachment; filename="conference-2026-03-01-1300-part-1.wav"'
    )


def test_a_recording_on_the_other_server_is_said_to_be_there(ann: Had) -> None:
    assert "recorded on the other server" in ann.browser.get("/recordings").text
    answer = ann.browser.get(f"/recordings/{ann.conference}/2")
    assert answer.status == 404
    assert answer.title == "This recording is on the other server"


def test_one_that_was_removed_is_said_to_be_gone(node: PortalNode) -> None:
    had = furnished(node, 900_003)
    node.sql(f"UPDATE recordings SET state = 'removed' WHERE conference_id = {had.conference}")
    assert "recordings are removed when their time is over" in had.browser.get("/recordings").text
    assert had.browser.get(f"/recordings/{had.conference}/1").title == "This is not there"


@pytest.mark.parametrize(
    "path",
    [
        "/history/{0}",
        "/recordings/{0}/1",
        "/recordings/{0}/1/file",
        "/recordings/{0}/2",
        "/history/1",
        "/recordings/999999999999999/999999",
    ],
)
def test_what_is_anothers_is_not_there(ann: Had, eve: Had, path: str) -> None:
    answer = eve.browser.get(path.format(ann.conference))
    assert answer.status == 404
    assert answer.title == "This is not there"
    assert b"RIFF" not in answer.body


@pytest.mark.parametrize(
    "path",
    [
        "/recordings-of-this-server/c900001-1.wav",
        "/recordings-of-this-server/",
        "/recordings/../recordings-of-this-server/c900001-1.wav",
        "/recordings/900001/..%2f..%2fetc%2fpasswd",
        "/recordings/900001/1/../../../etc/passwd",
        "/recordings/0/1",
        "/recordings/900001/1.wav",
        "/recordings/-900001/1",
    ],
)
def test_no_address_leads_to_a_file(ann: Had, path: str) -> None:
    answer = ann.browser.get(path)
    assert answer.status == 404
    assert b"RIFF" not in answer.body
    assert b"root:" not in answer.body


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "c900001-1.wav/..", "", "c900001-1.wav\n"])
def test_no_name_in_the_database_leads_out_of_the_directory(node: PortalNode, ann: Had, path: str) -> None:
    (node.recordings.parent / "secret").write_text("secret")
    of = f"WHERE conference_id = {ann.conference} AND stretch = 1"
    node.sql(f"UPDATE recordings SET path = '{path}' {of}")
    try:
        answer = ann.browser.get(f"/recordings/{ann.conference}/1")
        assert (answer.status, answer.title) == (404, "This recording is on the other server")
    finally:
        node.sql(f"UPDATE recordings SET path = 'c{ann.conference}-1.wav' {of}")


def test_a_link_in_the_directory_is_not_followed(node: PortalNode, ann: Had) -> None:
    secret, link = node.recordings.parent / "secret", node.recordings / f"c{ann.conference}-2.wav"
    secret.write_text("secret")
    link.symlink_to(secret)
    try:
        answer = ann.browser.get(f"/recordings/{ann.conference}/2")
    finally:
        link.unlink()
    assert answer.status == 503
    assert b"secret" not in answer.body


def test_what_was_used_is_shown_and_kept_as_files(ann: Had) -> None:
    page = ann.browser.get(f"/usage?{DAYS}")
    assert "3 calls, 17:50 in all." in page.text
    assert [given["role"] for tag, given in page.tags if tag == "svg"] == ["img"] * 3
    assert not [given for _tag, given in page.tags if "style" in given]
    assert page.body.count(b"<caption>") == 3
    days = ann.browser.get(f"/usage/days.csv?{DAYS}")
    assert days.body.decode("utf-8-sig").splitlines()[1] == '"2026-03-01","3","1070"'
    assert days.header("content-disposition").endswith('usage-by-days-2026-03-01-to-2026-03-31.csv"')
    contacts = ann.browser.get(f"/usage/contacts.csv?{DAYS}").body.decode("utf-8-sig").splitlines()
    assert contacts[1:] == [
        '"\'+447700900997","\'+447700900997","1","535"',
        '"Bob","\'+447700900998","1","0"',
    ]
    assert len(ann.browser.get(f"/usage/conferences.csv?{DAYS}").body.splitlines()) == 2
    assert "no calls" in ann.browser.get("/calls?from=2026-04-01&to=2026-04-02").text


def test_calls_are_listed_and_kept_as_a_file(ann: Had) -> None:
    text = ann.browser.get(f"/calls?{DAYS}").text
    assert "2026-03-01 13:00:00 Bob +447700900998 , called the phone was busy" in text
    assert "You, called 8:55 was in" in text
    lines = ann.browser.get(f"/calls.csv?{DAYS}").body.decode("utf-8-sig").splitlines()
    assert lines[2] == '"2026-03-01 13:00:00","Bob","\'+447700900998","called","","the phone was busy"'


def test_texts_are_listed_without_their_words(node: PortalNode, ann: Had, eve: Had) -> None:
    columns = "smsc, session, sender, recipient, body, fingerprint, received_at"
    came = f"SELECT 'a', 's', '{ann.number[1:]}', '52272', 'hush', 'f', {AT} + n * interval '1 min'"
    node.sql(f"INSERT INTO mo_texts ({columns}) {came} FROM generate_series(0, 29) AS n")
    columns = "mo_id, smsc, sender, recipient, body, priority, state, queued_at, expires_at, settled_at"
    node.sql(
        f"INSERT INTO mt_texts ({columns}) SELECT max(id), 'a', '52272', '{BOB}', 'hush', 1, 'delivered',"
        f" now(), now(), now() FROM mo_texts WHERE sender = '{ann.number[1:]}'"
    )
    page = ann.browser.get("/texts")
    assert "received, and passed on to one person: sent to 1" in page.text
    assert "To you" in page.text, "their password was chosen: an SMS said so"
    assert "hush" not in page.text
    (older,) = [given["href"] for tag, given in page.tags if tag == "a" and given.get("rel") == "next"]
    rest = ann.browser.get(older)
    assert "2026-03-01 13:00:00" in rest.text
    assert page.text.count("From you") + rest.text.count("From you") == 30
    assert "From you" not in eve.browser.get("/texts").text


def test_the_minutes_that_are_left_stand_at_home(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    assert "left of" not in browser.get("/").text
    node.sql(f"UPDATE subscribers SET minutes = 60 WHERE number = '{number}'")
    assert "60 minutes left of 60 this month." in browser.get("/").text
    month = "to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM')"
    of = f"SELECT id, {month}, 3541 FROM subscribers WHERE number = '{number}'"
    node.sql(f"INSERT INTO usage (subscriber_id, month, seconds) {of}")
    assert "0 minutes left of 60 this month." in browser.get("/").text


def test_who_has_no_past_is_told_so(node: PortalNode) -> None:
    browser = node.signed_in(node.subscriber())
    assert "You have had no conferences yet." in browser.get("/history").text
    assert "You have no recordings." in browser.get("/recordings").text
    assert "0 calls" in browser.get("/usage?from=nonsense&to=2026-13-45").text
    assert "There are no calls" in browser.get("/calls?before=999999999999999999999").text
    assert Path(browser.get("/usage/days.csv").header("content-type")).name.startswith("csv")
