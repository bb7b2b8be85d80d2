"""Settings, PINs, help, and what is not there, through nginx, site, usnd and PostgreSQL (W1)."""

import re

import pytest
from portal.node import PortalNode

OF = "subscriber_id = (SELECT id FROM subscribers WHERE number = '{}')"


def test_settings_are_changed_and_the_crm_hears_of_it(node: PortalNode) -> None:
    number = node.subscriber()
    node.sql(f"UPDATE subscribers SET minutes = 120 WHERE number = '{number}'")
    browser = node.signed_in(number)
    page = browser.get("/settings")
    assert page.forms["/settings"].fields["pressOne"] == "false"
    assert "Minutes of conferences in a month 120" in page.text
    assert "minutesPerMonth" not in page.forms["/settings"].fields
    wrong = browser.send("/settings", email="nobody", timeZone="Europe/Nowhere")
    assert wrong.status == 422
    assert "This is not a mail address." in wrong.text
    assert "There is no time zone of that name." not in wrong.text, "one after the other"
    saved = browser.follow(
        browser.send(
            "/settings", email="ann@example.com", timeZone="Europe/Vienna", language="de", callBacks="2"
        )
    )
    assert "Es ist gespeichert." in saved.text, "the page is in the new language at once"
    assert node.sql(
        f"SELECT email, time_zone, language, call_backs, minutes FROM subscribers WHERE number = '{number}'"
    ) == [("ann@example.com", "Europe/Vienna", "de", 2, 120)]
    assert node.sql(
        f"SELECT what, by, acknowledged_at FROM subscriber_changes WHERE number = '{number}'"
    ) == [("changed", "portal", None)]
    browser.get("/settings")
    node.sql(f"UPDATE subscribers SET press_one = true WHERE number = '{number}'")
    stale = browser.send("/settings", callBacks="5")
    assert stale.status == 409
    forged = {**stale.forms["/settings"].fields, "minutesPerMonth": "9999"}
    browser.follow(browser.post("/settings", forged))
    assert node.sql(f"SELECT minutes, call_backs FROM subscribers WHERE number = '{number}'") == [(120, 5)]


def test_pins_are_shown_sent_and_renewed(node: PortalNode) -> None:
    number = node.subscriber(conferences=1)
    browser = node.signed_in(number)
    assert "Send to" not in browser.get("/conferences").text
    shown = browser.send("/conferences/1/pins")
    old = re.findall(r'id="user-1">(\d{7})<', shown.body.decode())[0]
    sent = browser.follow(browser.send("/conferences/1/share", to="bob"))
    assert "The User PIN is sent to one number." in sent.text
    (body,) = node.sql(
        "SELECT body FROM mt_texts WHERE recipient = '+447700900998' ORDER BY id DESC LIMIT 1"
    )[0]
    assert f"call +442079460000, PIN {old}" in body
    browser.get("/conferences")
    browser.send("/conferences/1/pins")
    assert browser.send("/conferences/1/share", to="12").status == 422
    browser.get("/conferences")
    browser.send("/conferences/1/pins")
    assert browser.send("/conferences/1/share").status == 422, (
        "nobody is named, and not all of it was pressed"
    )
    browser.get("/conferences/1/renew")
    assert "Conference 1 has new PINs." in browser.follow(browser.send("/conferences/1/renew")).text
    new = re.findall(r'id="user-1">(\d{7})<', browser.send("/conferences/1/pins").body.decode())[0]
    assert new != old
    for _ in range(5):
        last = browser.send("/conferences/1/share", all="1")
        browser.get("/conferences")
        browser.send("/conferences/1/pins")
    assert last.status == 429
    assert node.audit(number).count("User PIN sent") == 5


def test_help_has_the_grammar_and_the_keys(node: PortalNode) -> None:
    browser = node.signed_in(node.subscriber())
    assert "What are the two PINs?" in browser.get("/help").text
    card = browser.get("/help/card").text
    for said in (
        "UC <nick> <phone>",
        "call all of them and you into a conference",
        "*6",
        "Keys during a conference",
    ):
        assert said in card


@pytest.mark.parametrize(
    "path", ["/group/nobody", "/user/nobody", "/conferences/9/renew", "/nothing", "/users/import/other"]
)
def test_what_is_not_there_is_told_with_a_way_back(node: PortalNode, path: str) -> None:
    browser = node.signed_in(node.subscriber())
    reply = browser.get(path)
    assert reply.status == 404
    assert any(
        tag == "a" and given["href"] in ("/groups", "/users", "/conferences", "/")
        for tag, given in reply.tags
    )


def test_a_group_of_ten_thousand_is_shown_by_the_page(node: PortalNode) -> None:
    number = node.subscriber()
    owner = f"(SELECT id FROM subscribers WHERE number = '{number}')"
    node.sql(
        "INSERT INTO users (subscriber_id, nick_key, nick, number, first, last) SELECT id, 'n' || n,"
        " 'N' || n, '+4477' || (10000000 + n), 'Zo\u00eb', 'Last' || n FROM subscribers,"
        f" generate_series(10001, 20000) AS n WHERE number = '{number}'"
    )
    node.sql(f"INSERT INTO groups (subscriber_id, name_key, name) VALUES ({owner}, 'all', 'All')")
    node.sql(
        "INSERT INTO group_members (group_id, position, user_id) SELECT groups.id, users.id, users.id"
        " FROM groups JOIN users USING (subscriber_id) WHERE nick_key <> 'bob'"
        f" AND groups.{OF.format(number)}"
    )
    node.sql(f"INSERT INTO groups (subscriber_id, name_key, name) VALUES ({owner}, 'team', 'Team')")
    browser = node.signed_in(number)
    listed = browser.get("/groups")
    assert "10000 members" in listed.text
    assert "1 to 2 of 2" in listed.text
    page = browser.get("/group/All?page=399")
    assert "9976 to 10000 of 10000" in page.text
    assert "in.Bob" in page.forms["/group/All"].boxes, "who is not in it can come in"
    assert len(page.body) < 40_000
    found = browser.get("/group/All?q=zoe+last15000")
    assert "out.N15000" in found.forms["/group/All"].boxes
    assert "out.N15001" not in found.forms["/group/All"].boxes
    browser.get("/group/Team")
    wrong = browser.send("/group/Team", names="N10001, n10002; nobody")
    assert wrong.status == 422
    assert "Not known: nobody." in wrong.text
    browser.follow(browser.send("/group/Team", names="N10001, n10002, Bob"))
    assert [
        tag["name"] for _, tag in browser.get("/group/Team").tags if tag.get("name", "").startswith("out.")
    ] == [
        "out.N10001",
        "out.N10002",
        "out.Bob",
    ]
    browser.get("/conferences/new")
    browser.follow(
        browser.send("/conferences/1/members", names="Team", numbers="+447710010001, +447700900123")
    )
    assert "4 people: Team" in browser.get("/conferences").text
