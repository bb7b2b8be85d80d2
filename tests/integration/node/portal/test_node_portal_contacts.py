"""Contacts of files come and go through nginx, the site, usnd and PostgreSQL (REQUIREMENTS W1)."""

import time

import pytest
from portal.browser import Browser, Reply
from portal.node import PortalNode

OF = "subscriber_id = (SELECT id FROM subscribers WHERE number = '{}')"
IOS = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 17.4//EN\r\nN:Smith;Zo\u00eb;;;\r\n"
    "FN:Zo\u00eb Smith\r\nitem1.TEL;type=pref:020 7946 0958\r\nitem1.X-ABLabel:_$!<HomeFAX>!$_\r\n"
    "TEL;type=CELL;type=VOICE:07700 900003\r\nCATEGORIES:Tennis,Red Team\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;=HYPERLINK(1);;;\r\nFN:=HYPERLINK(1)\r\nTEL:+447700900004\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Short;Number;;;\r\nFN:Number Short\r\nTEL:12\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;Robert;;;\r\nFN:Robert\r\nNICKNAME:Bob\r\nTEL:+447700900998\r\nEND:VCARD\r\n"
).encode()


def users(node: PortalNode, number: str) -> dict[str, tuple[str, str]]:
    rows = node.sql(f"SELECT nick, number, first FROM users WHERE {OF.format(number)} ORDER BY nick_key")
    return {nick: (phone, first) for nick, phone, first in rows}


def groups(node: PortalNode, number: str) -> dict[str, list[str]]:
    rows = node.sql(
        "SELECT groups.name, users.nick FROM groups LEFT JOIN group_members ON group_id = groups.id"
        f" LEFT JOIN users ON users.id = user_id WHERE groups.{OF.format(number)} ORDER BY 1, position"
    )
    held = dict[str, list[str]]()
    for name, nick in rows:
        held.setdefault(name, []).append(nick)
    return held


def upload(browser: Browser, octets: bytes, name: str = "contacts.vcf") -> Reply:
    form = browser.get("/users/import").forms["/users/import"]
    return browser.upload("/users/import", {"form_token": form.fields["form_token"]}, name, octets)


def worked_off(browser: Browser) -> Reply:
    until = time.monotonic() + 60
    while True:
        page = browser.get("/users/import")
        if "worked off" not in page.text:
            return page
        assert time.monotonic() < until, page.text
        time.sleep(0.1)


def start(browser: Browser, **unticked: str) -> Reply:
    fields = {**browser.get("/users/import").forms["/users/import/choose"].fields, "start": "1"}
    browser.follow(
        browser.post("/users/import/choose", {k: v for k, v in fields.items() if k not in unticked})
    )
    return worked_off(browser)


def test_a_file_is_looked_at_done_once_and_undone(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    before = users(node, number)
    preview = browser.follow(upload(browser, IOS))
    assert preview.title == "What the import would do"
    for said in (
        "2 contacts would be added.",
        "One user would be changed.",
        "One contact is not possible.",
        "Line 17: 12 is not a phone number.",
        "is now: +447700900998",
        "Tennis, RedTeam",
    ):
        assert said in preview.text
    assert users(node, number) == before
    done = start(browser)
    assert "2 users were added." in done.text
    assert "One user was changed." in done.text
    assert users(node, number) == {
        "Bob": ("+447700900998", "Robert"),
        "HYPERLINK1": ("+447700900004", "HYPERLINK1"),
        "Zo\u00eb": ("+447700900003", "Zo\u00eb"),
    }
    assert groups(node, number) == {"Tennis": ["Zo\u00eb"], "RedTeam": ["Zo\u00eb"]}
    undo = done.forms["/users/import/undo"].fields
    browser.follow(browser.send("/users/import/drop"))
    again = browser.follow(upload(browser, IOS))
    assert "0 contacts would be added." in again.text
    assert "0 users would be changed." in again.text
    assert browser.post("/users/import/undo", undo).status == 409, "it is another import now"
    browser.follow(browser.send("/users/import/drop"))
    assert node.audit(number)[-2:] == ["import started", "import done"]


def test_an_import_is_taken_back_as_far_as_nobody_used_it(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    before = users(node, number)
    browser.follow(upload(browser, IOS))
    done = start(browser)
    node.sql(f"UPDATE users SET first = 'Other' WHERE nick = 'HYPERLINK1' AND {OF.format(number)}")
    browser.page = done
    browser.follow(browser.send("/users/import/undo"))
    undone = worked_off(browser)
    assert undone.title == "The import is undone"
    assert "One user stays" in undone.text
    assert users(node, number) == {**before, "HYPERLINK1": ("+447700900004", "Other")}
    assert groups(node, number) == {}
    assert node.audit(number)[-3:] == ["import done", "undo of the import asked for", "import undone"]


def test_what_is_not_ticked_is_not_done(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    browser.follow(upload(browser, IOS))
    fields = browser.get("/users/import").forms["/users/import/choose"].fields
    kept = [name for name in fields if name.startswith("keep.")]
    assert len(kept) == 3
    done = start(browser, **{kept[1]: "", "change": ""})
    assert "One user was added." in done.text
    assert len(users(node, number)) == 2
    assert users(node, number)["Bob"] == ("+447700900998", "")
    nothing = {k: v for k, v in fields.items() if k not in ("add", "change")}
    assert browser.post("/users/import/choose", {**nothing, "start": "1"}).status == 409


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "Choose a file first."),
        (b"\x89PNG\r\n\x1a\n\0\0", "This is not a file of contacts."),
        (b"Name;City\nBob;Rome\n", "Line 1 names no column of telephone numbers."),
        (b'Name,Phone\n"Bob,+447700900001\n', "The row that begins in line 2 has a quotation mark"),
        (b"BEGIN:VCARD\nN:a;b\n", "The contact that begins in line 1 does not end"),
        (b"Name,Phone\n", "Nobody is in this file."),
    ],
)
def test_a_bad_file_is_told_with_its_line(node: PortalNode, octets: bytes, said: str) -> None:
    browser = node.signed_in(node.subscriber())
    reply = upload(browser, octets, "contacts.csv")
    assert reply.status == 422
    assert said in reply.text
    assert "There is a problem" in reply.text


def test_a_file_that_is_too_long_is_refused_in_words(node: PortalNode) -> None:
    browser = node.signed_in(node.subscriber())
    reply = upload(browser, b"Name,Phone\n" + b"x" * (6 * 1024 * 1024))
    assert reply.status == 422
    assert "longer than 6 MB" in reply.text
    assert upload(browser, b"x" * (7 * 1024 * 1024)).status == 413


def test_thousands_come_go_out_and_come_the_same(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    rows = "".join(f"Max{n},Muster{n},+4477109{n:05},All; G{n % 7}\n" for n in range(2_499))
    preview = browser.follow(upload(browser, f"First name,Last name,Phone,Groups\n{rows}".encode(), "a.csv"))
    assert "2499 contacts would be added." in preview.text
    assert "Page 1 of 50" in preview.text
    done = start(browser)
    assert "2499 users were added." in done.text
    assert len(users(node, number)) == 2_500
    assert len(groups(node, number)["All"]) == 2_499
    browser.follow(browser.send("/users/import/drop"))
    for kind in ("csv", "vcard-2.1", "vcard-3.0", "vcard-4.0"):
        file = browser.get(f"/users/export?kind={kind}")
        assert file.header("content-disposition").startswith('attachment; filename="contacts.')
        again = browser.follow(upload(browser, file.body))
        assert "2500 contacts are users of yours already." in again.text
        browser.follow(browser.send("/users/import/drop"))
    assert node.audit(number)[-1] == "contacts exported"
    page = browser.get("/group/All")
    assert "1 to 25 of 2499" in page.text
    assert "26 to 50 of 2499" in browser.get("/group/All?page=1").text
    assert "Max1711" in browser.get("/group/All?q=Muster1711").text
    assert "Max1712" not in browser.get("/group/All?q=Muster1711").text


def test_users_come_into_a_group_at_once_and_out_again(node: PortalNode) -> None:
    number = node.subscriber()
    node.sql(
        "INSERT INTO users (subscriber_id, nick_key, nick, number, first, last) SELECT id, 'eve', 'Eve',"
        f" '+447700900997', '', '' FROM subscribers WHERE number = '{number}'"
    )
    browser = node.signed_in(number)
    form = browser.get("/users").forms["/users/delete"]
    boxes, token = form.boxes, {"form_token": form.fields["form_token"]}
    assert "Tick the users" in browser.post("/users/group", {**token, "group": "Team"}).text
    assert "Write the name of the group" in browser.post("/users/group", {**token, **boxes}).text
    wrong = browser.post("/users/group", {**token, **boxes, "group": "7"})
    assert wrong.status == 422
    assert "7 cannot be a name" in wrong.text
    told = browser.follow(browser.post("/users/group", {**token, **boxes, "group": "Team"}))
    assert "2 users came into the group." in told.text
    assert groups(node, number) == {"Team": ["Bob", "Eve"]}
    back = browser.follow(browser.send("/users/undo"))
    assert "2 users are out of the group again." in back.text
    assert groups(node, number) == {}
    node.sql(f"UPDATE users SET first = 'Eva' WHERE nick = 'Eve' AND {OF.format(number)}")
    told = browser.follow(browser.post("/users/group", {**token, **boxes, "group": "Team"}))
    assert "One user came into the group." in told.text
    assert "One user was changed meanwhile" in told.text
