"""Groups and instant conferences in the portal, through nginx, the site, usnd and PostgreSQL (W1)."""

from portal.node import PortalNode

OF = "subscriber_id = (SELECT id FROM subscribers WHERE number = '{}')"


def test_an_instant_conference_is_made_changed_and_deleted(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    browser.get("/groups/new")
    browser.follow(browser.send("/groups/new", name="team", **{"in.Bob": "1"}))
    empty = browser.get("/conferences/new")
    assert empty.title == "Who is in conference 1"
    refused = browser.send("/conferences/1/members", numbers="12")
    assert refused.status == 422
    assert "12 is not a phone number." in refused.text
    many = ",".join(f"+4477009001{nth:02}" for nth in range(11))
    assert browser.send("/conferences/1/members", numbers=many).status == 422
    made = browser.send("/conferences/1/members", numbers="07700 900007, +447700900008", **{"in.team": "1"})
    told = browser.follow(made)
    assert "It is saved." in told.text
    assert "3 people: team, +447700900007, +447700900008" in told.text
    assert node.sql(f"SELECT count(*) FROM pins WHERE {OF.format(number)}") == [(2,)]
    browser.get("/conferences/1/members?q=bob")
    browser.follow(browser.send("/conferences/1/members", **{"in.Bob": "1", "out.+447700900007": "1"}))
    assert "2 people: team, +447700900008, Bob" in browser.get("/conferences").text
    page = browser.get("/conferences/1/members")
    node.sql(
        "DELETE FROM instant_conference_members WHERE number = '+447700900008' AND instant_conference_id IN"
        f" (SELECT id FROM instant_conferences WHERE {OF.format(number)})"
    )
    stale = browser.send("/conferences/1/members", numbers="+447700900009", **{"out.Bob": "1"})
    assert stale.status == 409
    assert "This was changed meanwhile" in stale.text
    form = stale.forms["/conferences/1/members"]
    assert (form.fields["numbers"], form.fields["out.Bob"]) == ("+447700900009", "1")
    kept = browser.follow(browser.post("/conferences/delete", page.forms["/conferences/delete"].fields))
    assert "was not deleted" in kept.text
    browser.get("/conferences/1/members")
    gone = browser.follow(browser.send("/conferences/delete"))
    assert "One entry is deleted." in gone.text
    assert node.sql(f"SELECT count(*) FROM pins WHERE {OF.format(number)}") == [(0,)]
    assert node.audit(number)[-4:] == ["saved", "saved", "saved", "deleted"]


def test_a_group_is_made_changed_deleted_and_comes_back(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    browser.get("/groups/new")
    taken = browser.send("/groups/new", name="bob")
    assert "Bob is already a user of yours." in taken.text
    assert taken.forms["/groups/new"].fields["name"] == "bob"
    told = browser.follow(browser.send("/groups/new", name="R&D", numbers="07700900005"))
    assert "It is saved." in told.text
    assert b"R&amp;D" in told.body
    browser.get("/group/R%26D")
    browser.follow(browser.send("/group/R%26D", **{"in.Bob": "1"}))
    page = browser.get("/groups")
    assert "2 members: +447700900005 , Bob" in page.text
    gone = browser.follow(browser.send("/groups/delete", **page.forms["/groups/delete"].boxes))
    assert "You have no groups yet." in gone.text
    back = browser.follow(browser.send("/groups/undo"))
    assert "2 members: +447700900005 , Bob" in back.text
