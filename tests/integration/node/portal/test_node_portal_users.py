"""The users of a subscriber in the portal, through nginx, the site, usnd and PostgreSQL (REQUIREMENTS W1)."""

from portal.node import PortalNode

OF = "subscriber_id = (SELECT id FROM subscribers WHERE number = '{}')"


def users(node: PortalNode, number: str) -> dict[str, str]:
    return dict(node.sql(f"SELECT nick, number FROM users WHERE {OF.format(number)} ORDER BY nick_key"))


def test_one_is_added_changed_deleted_and_comes_back(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    assert "Bob" in browser.get("/users").text
    browser.get("/users/new")
    wrong = browser.send("/users/new", nick="bob", phone="12")
    assert wrong.status == 422
    assert "Bob is already a user of yours, +447700900998." in wrong.text
    assert ("a", {"href": "#nick"}) in wrong.tags
    told = browser.follow(browser.send("/users/new", nick="Zoë&Co", phone="07700 900003", last="O'Hara"))
    assert "It is saved." in told.text
    assert users(node, number) == {"Bob": "+447700900998", "Zoë&Co": "+447700900003"}
    page = browser.get("/user/Zo%C3%AB%26Co")
    assert page.forms["/user/Zo%C3%AB%26Co"].fields["last"] == "O'Hara"
    browser.follow(browser.send("/user/Zo%C3%AB%26Co", phone="+447700900004"))
    assert users(node, number)["Zoë&Co"] == "+447700900004"
    page = browser.get("/users")
    boxes = page.forms["/users/delete"].boxes
    gone = browser.follow(browser.send("/users/delete", **boxes))
    assert "2 entries are deleted." in gone.text
    assert users(node, number) == {}
    back = browser.follow(browser.send("/users/undo"))
    assert "2 entries are back." in back.text
    assert len(users(node, number)) == 2
    assert "too late" in browser.follow(browser.post("/users/undo", gone.forms["/users/undo"].fields)).text
    assert browser.get("/user/nobody").status == 404
    assert node.audit(number)[-4:] == ["saved", "saved", "deleted", "deletion undone"]


def test_two_windows_do_not_overwrite_each_other(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    browser.get("/user/Bob")
    node.sql(f"UPDATE users SET number = '+447700900111' WHERE {OF.format(number)}")
    stale = browser.send("/user/Bob", phone="+447700900222", first="Bobby")
    assert stale.status == 409
    assert "+447700900111" in stale.text
    assert stale.forms["/user/Bob"].fields["first"] == "Bobby"
    assert users(node, number) == {"Bob": "+447700900111"}
    assert "It is saved." in browser.follow(browser.send("/user/Bob")).text
    assert users(node, number) == {"Bob": "+447700900222"}
    page = browser.get("/users")
    node.sql(f"UPDATE users SET first = 'Robert' WHERE {OF.format(number)}")
    kept = browser.follow(browser.send("/users/delete", **page.forms["/users/delete"].boxes))
    assert "One entry was changed meanwhile" in kept.text
    assert users(node, number) == {"Bob": "+447700900222"}


def test_a_list_of_ten_thousand_is_searched_sorted_and_paged(node: PortalNode) -> None:
    number = node.subscriber()
    node.sql(
        "INSERT INTO users (subscriber_id, nick_key, nick, number, first, last) SELECT id, 'n' || n,"
        " 'N' || n, '+4477' || (10000000 + n), 'Zoë' || n, '<i>\"' || n FROM subscribers,"
        f" generate_series(1, 10000) AS n WHERE number = '{number}'"
    )
    browser = node.signed_in(number)
    page = browser.get("/users")
    assert "1 to 25 of 10001" in page.text
    second = browser.get("/users?page=1&sort=number")
    assert "26 to 50 of 10001" in second.text
    assert "9977 to" not in second.text
    assert "10001 to 10001 of 10001" in browser.get("/users?page=999999").text
    found = browser.get("/users?q=zoe9999")
    assert "One in all" in found.text
    assert '<i>"9999' in found.text
    assert b"<i>" not in found.body
    assert "One in all" in browser.get("/users?q=07710009999").text
    assert "Nobody is found." in browser.get("/users?q=%3Cscript%3E").text
