"""After a sign-in one lands on the page that was asked for, by whichever way one comes in (W1)."""

from portal.browser import Browser, Reply
from portal.kept import end_session, sent_too_late, users
from portal.node import CHOSEN, FIRST, PortalNode


def by_code(node: PortalNode, browser: Browser, number: str) -> Reply:
    """From the page that asks for the number to the one after the choice of a password."""
    reply = browser.send("/forgotten", number=number)
    if reply.status == 303:
        browser.follow(reply)
    reply = browser.send("/code", number=number, code=node.code(number))
    if reply.status == 303:
        browser.follow(reply)
    return browser.send("/password", password="another walk", again="another walk")


def test_who_was_signed_out_lands_on_that_very_page(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    end_session(node, number, gone=False)
    browser.follow(browser.get("/history?words=bob&page=1"))
    assert browser.send("/sign-in", number=number, password="not it").status == 422
    assert browser.send("/sign-in", number=number, password=CHOSEN).to == "/history?words=bob&page=1"


def test_another_subscriber_lands_at_home(node: PortalNode) -> None:
    number, other = node.subscriber(), node.subscriber()
    node.signed_in(other)
    browser = node.signed_in(number)
    end_session(node, number, gone=False)
    browser.follow(browser.get("/user/Bob"))
    assert browser.send("/sign-in", number=other, password=CHOSEN).to == "/"


def test_a_link_from_elsewhere_leads_there(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.browser()
    browser.follow(browser.get("/usage"))
    chooses = browser.follow(browser.send("/sign-in", number=number, password=FIRST))
    assert chooses.title == "Choose a password"
    assert browser.send("/password", password=CHOSEN, again=CHOSEN).to == "/usage"


def test_and_through_a_forgotten_password(node: PortalNode) -> None:
    number = node.subscriber()
    node.signed_in(number)
    browser = node.browser()
    page = browser.follow(browser.get("/recordings/7/1/file"))
    (link,) = [given["href"] for tag, given in page.tags if given.get("href", "").startswith("/forgotten")]
    browser.get(link)
    assert by_code(node, browser, number).to == "/recordings"


def test_who_signed_in_meanwhile_in_another_tab_lands_there_at_once(node: PortalNode) -> None:
    browser = node.signed_in(node.subscriber())
    assert browser.get("/sign-in?to=/settings").to == "/settings"
    assert browser.get("/sign-in?to=//example.com").to == "/"


def test_a_kept_form_goes_through_a_forgotten_password(node: PortalNode) -> None:
    number = node.subscriber()
    browser = sent_too_late(node, number, gone=True)
    assert browser.send("/forgotten").title == "Choose a new password"
    assert "What you wrote is kept" in by_code(node, browser, number).text
    assert users(node, number) == {"Bob"}, "nothing is done before the button is pressed"
    assert "It is saved." in browser.follow(browser.send("/users/new")).text
    assert users(node, number) == {"Bob", "dora"}


def test_and_there_and_back(node: PortalNode) -> None:
    number = node.subscriber()
    browser = sent_too_late(node, number)
    browser.send("/forgotten")
    browser.send("/sign-in")
    page = browser.send("/sign-in", number=number, password=CHOSEN)
    assert page.title == "What you wrote is kept"


def test_who_did_not_write_it_gets_nothing_of_it_by_a_code(node: PortalNode) -> None:
    number, other = node.subscriber(), node.subscriber()
    node.signed_in(other)
    browser = sent_too_late(node, number)
    browser.send("/forgotten")
    browser.send("/forgotten", number=other)
    chooses = browser.follow(browser.send("/code", number=other, code=node.code(other)))
    assert b"dora" not in chooses.body
    home = browser.follow(browser.send("/password", password="another walk", again="another walk"))
    assert home.title == "Home"
    assert users(node, other) == {"Bob"}


def test_a_sign_in_that_was_open_too_long_is_sent_once_more(node: PortalNode) -> None:
    """As when the site has started again, or two tabs had the page: what was written is there."""
    number = node.subscriber()
    browser = sent_too_late(node, number)
    browser.cookies.pop("__Host-usn-form")
    again = browser.send("/sign-in", number=number, password=CHOSEN)
    assert again.status == 403
    assert "please send it once more" in again.text
    assert again.forms["/sign-in"].fields["number"] == number
    assert CHOSEN not in again.text
    assert browser.send("/sign-in", number=number, password=CHOSEN).title == "What you wrote is kept"


def test_a_form_of_many_fields_is_kept(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    fields = browser.get("/users/new").forms["/users/new"].fields
    end_session(node, number, gone=False)
    many = {f"f{nth}": "1" for nth in range(300 - len(fields))}
    browser.post("/users/new", {**fields, **many})
    assert browser.send("/sign-in", number=number, password=CHOSEN).title == "What you wrote is kept"
