"""A form that comes when its session is over is kept through the sign-in, for who wrote it (W1)."""

import pytest
from portal.kept import DORA, end_session, sent_too_late, users
from portal.node import CHOSEN, PortalNode


@pytest.mark.parametrize("gone", [False, True], ids=["its time is over", "signed out everywhere"])
def test_what_was_written_is_sent_by_a_button_after_the_sign_in(node: PortalNode, *, gone: bool) -> None:
    number = node.subscriber()
    browser = sent_too_late(node, number, gone=gone)
    assert browser.send("/sign-in", number=number, password="not it").status == 422
    page = browser.send("/sign-in", number=number, password=CHOSEN)
    assert page.title == "What you wrote is kept"
    assert users(node, number) == {"Bob"}, "nothing is done before the button is pressed"
    assert "It is saved." in browser.follow(browser.send("/users/new")).text
    assert users(node, number) == {"Bob", "dora"}


def test_who_did_not_write_it_gets_nothing_of_it(node: PortalNode) -> None:
    number, other = node.subscriber(), node.subscriber()
    node.signed_in(other)
    browser = sent_too_late(node, number)
    home = browser.follow(browser.send("/sign-in", number=other, password=CHOSEN))
    assert home.title == "Home"
    assert b"dora" not in home.body
    assert users(node, other) == {"Bob"}


def test_a_page_that_was_open_when_they_signed_in_again_loses_nothing(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    form = browser.get("/users/new").forms["/users/new"].fields
    end_session(node, number, gone=True)
    browser.get("/sign-in")
    browser.follow(browser.send("/sign-in", number=number, password=CHOSEN))
    page = browser.post("/users/new", {**form, **DORA})
    assert page.title == "What you wrote is kept"
    browser.follow(browser.send("/users/new"))
    assert users(node, number) == {"Bob", "dora"}


def test_a_page_of_another_subscriber_does_and_shows_nothing(node: PortalNode) -> None:
    number, other = node.subscriber(), node.subscriber()
    form = node.signed_in(other).get("/users/new").forms["/users/new"].fields
    page = node.signed_in(number).post("/users/new", {**form, **DORA})
    assert page.status == 403
    assert b"dora" not in page.body


@pytest.mark.parametrize(
    "to", ["//example.com/", "/\\example.com/", "/\t/example.com/", "https://example.com/", ""]
)
def test_what_is_kept_goes_to_no_other_site(node: PortalNode, to: str) -> None:
    number = node.subscriber()
    browser = sent_too_late(node, number)
    assert browser.page is not None
    browser.page.forms["/sign-in"].fields["kept-to"] = to
    assert browser.follow(browser.send("/sign-in", number=number, password=CHOSEN)).title == "Home"


def test_a_button_of_the_running_conference_is_not_kept(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    form = browser.get("/live").forms["/live/act"].fields
    end_session(node, number, gone=False)
    assert (
        browser.post("/live/act", {**form, "do": "end"}).to
        == "/sign-in?signed-out=1&to=/live&to-of=" + form["of"]
    )
