"""Every route by those who may not: signed out, ended, suspended, a wrong form, another site or session.

What is in the table of routes is tried, so that a new page is, too.
"""

from collections.abc import Callable

import psycopg
import pytest
from portal.browser import Browser, Reply
from portal.node import CHOSEN, FIRST, PortalNode
from sqlalchemy import make_url

from usnd.domain.directory.model import User
from usnd.domain.directory.versions import version_of_user
from usnd.web.portal.routes import ROUTES, Route
from usnd.web.portal.visitor import Access

GUARDED = [pytest.param(one, id=one.name) for one in ROUTES if one.access is not Access.ANYBODY]
POSTS = [pytest.param(one, id=one.name) for one in ROUTES if one.method == "POST"]
BOB = version_of_user(User("Bob", "+447700900998"))
Spoil = Callable[[PortalNode, Browser, str], None]


def path_of(route: Route) -> str:
    given = {"<number:instant>": "1", "<name>": "Bob", "<conference:count>": "1", "<part:part>": "1"}
    path = route.path
    for named, value in given.items():
        path = path.replace(named, value)
    return path


def ask(browser: Browser, route: Route, token: str) -> Reply:
    """As a page of ours would, with that token in its form."""
    if route.method == "GET":
        return browser.get(path_of(route))
    user = {"nick": "eve", "phone": "+447700900666", "first": "Eve", "was": BOB, "pick.Bob": BOB}
    return browser.post(path_of(route), {"form_token": token, "password": CHOSEN, "again": CHOSEN, **user})


def token_in(browser: Browser, page: str = "/security", action: str = "/sign-out") -> str:
    return browser.get(page).forms[action].fields["form_token"]


def nothing_happened(node: PortalNode, number: str, before: list[str]) -> None:
    assert node.audit(number) == before
    assert node.sql(
        "SELECT count(*) FROM pins JOIN subscribers ON subscribers.id = subscriber_id"
        f" WHERE number = '{number}'"
    ) == [(0,)]
    assert node.sql(
        "SELECT nick, first FROM users JOIN subscribers ON subscribers.id = subscriber_id"
        f" WHERE subscribers.number = '{number}'"
    ) == [("Bob", "")]


def ended(node: PortalNode, _browser: Browser, number: str) -> None:
    node.sql(
        "UPDATE portal_sessions SET ends_at = now() WHERE subscriber_id ="
        f" (SELECT id FROM subscribers WHERE number = '{number}')"
    )


def suspended(node: PortalNode, _browser: Browser, number: str) -> None:
    node.sql(f"UPDATE subscribers SET suspended = true WHERE number = '{number}'")


def signed_out(_node: PortalNode, browser: Browser, _number: str) -> None:
    del browser.cookies["__Host-usn"]


def made_up(_node: PortalNode, browser: Browser, _number: str) -> None:
    browser.cookies["__Host-usn"] = "A" * 43


@pytest.fixture(scope="module")
def ann(node: PortalNode) -> tuple[str, Browser, str]:
    """Somebody with a session and a conference; the token of their forms."""
    number = node.subscriber(conferences=1)
    browser = node.signed_in(number)
    return number, browser, token_in(browser)


@pytest.mark.parametrize("spoil", [signed_out, made_up, ended, suspended])
@pytest.mark.parametrize("route", GUARDED)
def test_without_a_session_that_counts_nothing_is_shown_or_done(
    node: PortalNode, route: Route, spoil: Spoil
) -> None:
    number = node.subscriber(conferences=1)
    browser = node.signed_in(number)
    token, before = token_in(browser), node.audit(number)
    spoil(node, browser, number)
    reply = ask(browser, route, token)
    if route.method == "POST" and spoil in (signed_out, made_up):
        assert reply.status == 403, "the form is of another session"
    else:
        assert reply.status == 303
        assert reply.to.startswith("/sign-in")
    shown = reply.body.replace(b" ", b"")
    assert [one for one in (b"Bob", b"7700900998", b"7700900999", number[3:].encode()) if one in shown] == []
    nothing_happened(node, number, before)


@pytest.mark.parametrize("route", POSTS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"form_token": ""},
        {"form_token": "0" * 64},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"none": "of both"},
    ],
    ids=str,
)
def test_a_form_that_is_not_ours_does_nothing(
    node: PortalNode, ann: tuple[str, Browser, str], route: Route, wrong: dict[str, str]
) -> None:
    number, browser, token = ann
    if route.access is Access.ANYBODY:
        page = path_of(route)
        token = (
            browser.get("/forgotten" if page == "/sign-in" else page).forms.popitem()[1].fields["form_token"]
        )
    before, headers = node.audit(number), browser.headers
    given = wrong.get("form_token", token)
    browser.headers = (
        {} if "none" in wrong else {**headers, **{k: v for k, v in wrong.items() if k[0].isupper()}}
    )
    try:
        reply = browser.post(
            path_of(route), {"form_token": given, "number": number, "password": CHOSEN, "code": "1"}
        )
    finally:
        browser.headers = headers
    assert reply.status == 403
    if route.again is not None and "form_token" in wrong:
        assert "please send it once more" in reply.text, "the page had been open for too long"
    else:
        assert reply.title == "Nothing was done"
    assert node.audit(number) == before
    assert browser.get("/").status == 200, "still signed in"


@pytest.mark.parametrize("route", [one for one in POSTS if one.values[0].access is not Access.ANYBODY])
def test_a_form_of_another_session_does_nothing(
    node: PortalNode, ann: tuple[str, Browser, str], route: Route
) -> None:
    number, browser, _token = ann
    other = node.signed_in(node.subscriber())
    before = node.audit(number)
    assert ask(browser, route, token_in(other)).status == 403
    assert node.audit(number) == before


def test_a_conference_of_another_is_not_there(node: PortalNode, ann: tuple[str, Browser, str]) -> None:
    """The number in the address is one's own; there is no way to name another's."""
    number, _browser, _token = ann
    before = node.audit(number)
    other = node.signed_in(node.subscriber())
    assert "Conference 1" not in other.get("/conferences").text
    token = token_in(other)
    shown = other.post("/conferences/1/pins", {"form_token": token})
    assert "PIN" not in shown.text.replace("see its numbers and PINs", "")
    assert other.post("/conferences/1/launch", {"form_token": token}).status == 409
    nothing_happened(node, number, before)


def test_who_is_to_choose_a_password_may_do_nothing_else(node: PortalNode) -> None:
    browser = node.browser()
    browser.get("/sign-in")
    page = browser.follow(browser.send("/sign-in", number=node.subscriber(conferences=1), password=FIRST))
    token = page.forms["/password"].fields["form_token"]
    for route in ROUTES:
        if route.access is Access.SIGNED_IN:
            reply = ask(browser, route, token)
            assert (reply.status, reply.to) == (303, "/password"), route.name
    out = browser.post("/sign-out", {"form_token": token})
    assert out.to == "/sign-in?signed-out=1"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/conferences/0/pins", 404),
        ("/conferences/31/pins", 404),
        ("/conferences/1x/launch", 404),
        ("/static/0/portal.css", 404),
        ("/static/../site.py", 404),
    ],
)
def test_what_is_not_there(node: PortalNode, path: str, status: int) -> None:
    reply = node.browser().get(path)
    assert reply.status in (status, 405)
    assert reply.title == "There is no such page"


def test_a_body_that_is_too_long_or_no_form_does_nothing(node: PortalNode) -> None:
    browser = node.browser()
    browser.get("/sign-in")
    long = browser.send("/sign-in", number="1" * 17_000)
    assert (long.status, long.title) == (413, "This could not be read")
    browser.get("/sign-in")
    assert browser.page is not None
    fields = browser.page.forms["/sign-in"].fields
    assert browser.post("/sign-in", {**fields, **{f"f{nth}": "" for nth in range(321)}}).status == 403


@pytest.mark.parametrize("path", ["/conferences?launched=", "/users?saved=1&page=", "/history?before="])
def test_a_number_in_an_address_may_be_of_any_length(node: PortalNode, path: str) -> None:
    """Python refuses to read one of more than 4,300 digits."""
    browser = node.signed_in(node.subscriber(conferences=1))
    assert browser.get(path + "9" * 5000).status == 200


@pytest.mark.parametrize(
    "cookie", ["x" * 40_000, "; ".join(f"{nth}={'x' * 4000}" for nth in range(9))], ids=len
)
def test_cookies_that_are_too_long_are_named_as_what_is_wrong(node: PortalNode, cookie: str) -> None:
    """Another site of the domain has set them: to try again in a minute would help nobody."""
    reply = node.browser().get("/sign-in", {"Cookie": cookie})
    assert reply.status == 400
    assert reply.title == "This could not be read"
    assert "delete the cookies" in reply.text


def test_cookies_of_other_sites_of_the_domain_keep_nobody_out(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    browser.cookies = {"consent[main]": '{"all": true}', **browser.cookies}
    assert browser.get("/").title == "Home"


def test_the_sites_account_reads_what_it_shows_and_no_secret(node: PortalNode) -> None:
    settings = node.front.config.read_text()
    url = make_url(settings.partition('store = "')[2].partition('"')[0])
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(), autocommit=True) as site:
        site.execute("SELECT number, suspended FROM subscribers")
        for denied in (
            "SELECT credential FROM subscribers",
            "SELECT * FROM subscribers",
            "SELECT * FROM portal_passwords",
            "SELECT * FROM portal_codes",
            "SELECT * FROM portal_counters",
            "SELECT * FROM pins",
            "SELECT * FROM mt_texts",
            "SELECT * FROM mo_texts",
            "SELECT activation_pin FROM calls",
            "SELECT activation_pin FROM cdrs",
            "SELECT * FROM conferences",
            "DELETE FROM portal_sessions",
            "UPDATE subscribers SET name = ''",
            "CREATE TABLE mine (a int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                site.execute(denied)
