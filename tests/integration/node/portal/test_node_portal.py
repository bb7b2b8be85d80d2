"""A subscriber at the portal, through nginx, the site, usnd and PostgreSQL (REQUIREMENTS W1)."""

import asyncio
import http.client
import json
import signal
import ssl
import subprocess
import sys

import pytest
from portal.browser import Browser, Reply, own_links
from portal.node import CHOSEN, FIRST, PortalNode

from usnd.web.portal.routes import ROUTES, Route
from usnd.web.portal.site import HEADERS
from usnd.web.portal.visitor import Access
from workbench import ROOT
from workbench.parts.process import until


def test_from_the_first_sign_in_to_the_end(node: PortalNode) -> None:
    number = node.subscriber(conferences=2)
    browser = node.browser()
    assert browser.follow(browser.get("/")).title == "Sign in"
    chooses = browser.follow(browser.send("/sign-in", number=f"0{number[3:]}", password=FIRST.upper()))
    assert chooses.title == "Choose a password"
    before = browser.cookies["__Host-usn"]
    home = browser.follow(browser.send("/password", password=CHOSEN, again=CHOSEN))
    assert home.title == "Home"
    assert browser.cookies["__Host-usn"] != before, "another token, so that nobody can have fixed it"
    conferences = browser.get("/conferences")
    assert "Conference 1" in conferences.text
    assert "52271" in conferences.text
    assert "Activation PIN" not in conferences.text
    shown = browser.send("/conferences/2/pins")
    pins = dict(node.sql("SELECT kind, digits FROM pins WHERE instant = 2"))
    assert pins["activation"] in shown.text
    assert pins["user"] in shown.text
    assert "+442079460000" in shown.text
    assert pins["activation"] not in browser.get("/conferences").text
    signed_out = browser.follow(browser.send("/sign-out"))
    assert "You are signed out." in signed_out.text
    assert "__Host-usn" not in browser.cookies
    assert browser.get("/conferences").to == "/sign-in?to=/conferences"
    again = browser.get("/sign-in")
    assert again.title == "Sign in"
    assert browser.follow(browser.send("/sign-in", number=number, password=CHOSEN)).title == "Home"
    assert browser.send("/sign-out").status == 303
    assert node.audit(number) == [
        "signed in with the first password",
        "password chosen",
        "PINs shown",
        "signed out",
        "signed in",
        "signed out",
    ]


def test_what_is_wrong_is_told_beside_its_field(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.browser()
    browser.get("/sign-in")
    empty = browser.send("/sign-in", number="", password="")
    assert empty.status == 422
    assert "Write your telephone number." in empty.text
    assert ("a", {"href": "#number"}) in empty.tags
    wrong = browser.send("/sign-in", number=number, password="not this one")
    assert wrong.status == 422
    assert browser.page is not None
    assert browser.page.forms["/sign-in"].fields["number"] == number
    assert browser.page.forms["/sign-in"].fields["password"] == ""
    browser.follow(browser.send("/sign-in", number=number, password=FIRST))
    for password, again, told in [
        ("short", "short", "Choose at least 10 characters."),
        (CHOSEN, f"{CHOSEN}!", "This is not the same as above."),
        (FIRST, FIRST, "This is your first password."),
        ("password1234", "password1234", "Many people use this password"),
        ("x" * 129, "x" * 129, "This is longer than it can be."),
    ]:
        refused = browser.send("/password", password=password, again=again)
        assert refused.status == 422
        assert told in refused.text
        assert password not in refused.text
    assert browser.get("/conferences").to == "/password", "nothing else is possible before"
    assert browser.get("/sign-in").to == "/password"


def test_a_forgotten_password_is_chosen_anew_by_a_code(node: PortalNode) -> None:
    number = node.subscriber()
    other = node.signed_in(number)
    browser = node.browser("127.0.0.2")
    browser.get("/forgotten")
    asks = browser.follow(browser.send("/forgotten", number=number))
    assert asks.forms["/code"].fields["number"] == number
    assert "If this number has the service" in asks.text
    assert browser.send("/code", number=number, code="12345x").status == 422
    chooses = browser.follow(browser.send("/code", number=number, code=node.code(number)))
    assert chooses.title == "Choose a password"
    assert (
        browser.follow(browser.send("/password", password="another walk", again="another walk")).status == 200
    )
    assert other.get("/").to == "/sign-in?signed-out=1", "all others are out"
    assert node.sql(f"SELECT what, by_crm FROM subscriber_changes WHERE number = '{number}'") == [
        ("password-reset", False)
    ]


def test_a_number_that_is_nobodys_sees_the_same_pages(node: PortalNode) -> None:
    known, unknown = node.subscriber(), "+447700123456"
    pages = []
    for nth, number in enumerate((known, unknown)):
        browser = node.browser(f"127.0.1.{nth + 1}")
        browser.get("/forgotten")
        asks = browser.follow(browser.send("/forgotten", number=number))
        wrong = browser.send("/code", number=number, code="000000")
        browser.get("/sign-in")
        failed = browser.send("/sign-in", number=number, password="not this one")
        pages.append([(one.status, one.text.replace(number, "")) for one in (asks, wrong, failed)])
    assert pages[0] == pages[1]
    assert node.code(unknown) == ""


def test_who_guesses_is_stopped_and_the_subscriber_is_not(node: PortalNode) -> None:
    number = node.subscriber()
    own = node.signed_in(number, "127.0.2.1")
    own.get("/security")
    own.send("/sign-out")
    guesser = node.browser("127.0.2.1")
    guesser.get("/sign-in")
    for _ in range(5):
        assert guesser.send("/sign-in", number=number, password="a wrong guess").status == 422
    stopped = guesser.send("/sign-in", number=number, password=CHOSEN)
    assert stopped.status == 429
    assert "Please wait 15 minutes" in stopped.text
    own.get("/sign-in")
    assert own.follow(own.send("/sign-in", number=number, password=CHOSEN)).title == "Home"
    operator = [sys.executable, "-m", "usnd", "subscriber", "unlock", number, "--config", str(node.config)]
    done = subprocess.run(operator, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"{number} may try again\n"
    assert guesser.send("/sign-in", number=number, password="a wrong guess").status == 422


def test_an_operator_signs_a_subscriber_out_and_sees_what_happened(node: PortalNode) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)

    def command(*words: str) -> str:
        line = [sys.executable, "-m", "usnd", "subscriber", *words, "--config", str(node.config)]
        return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert command("sign-out", number) == f"{number} signed out: 1 session ended\n"
    assert browser.get("/").to == "/sign-in?signed-out=1"
    rows = [json.loads(line) for line in command("sign-ins", number, "--json").splitlines()]
    assert [row["what"] for row in rows] == [
        "signed in with the first password",
        "password chosen",
        "signed out everywhere",
    ]
    assert rows[0]["from"] == "127.0.0.1"


def test_a_launch_is_for_oneself_and_says_why_not(node: PortalNode) -> None:
    browser = node.signed_in(node.subscriber(conferences=1))
    page = browser.get("/conferences")
    press = page.forms["/conferences/1/launch"].fields["press"]
    assert len(press) == 32
    refused = browser.send("/conferences/1/launch")
    assert refused.status == 409
    assert "Calls cannot be placed at the moment." in refused.text, "Asterisk is not there"
    assert browser.post("/conferences/31/launch", {}).status == 404
    fields = {**browser.get("/conferences").forms["/conferences/1/launch"].fields}
    assert browser.post("/conferences/7/launch", fields).status == 409
    assert browser.post("/conferences/7/pins", fields).status == 404
    assert node.sql("SELECT count(*) FROM pins WHERE instant = 7") == [(0,)]


def test_it_is_the_same_session_after_a_failover(node: PortalNode) -> None:
    """Site and usnd die, and others go on with the same database."""
    number = node.subscriber(conferences=1)
    browser = node.signed_in(number)
    page = browser.get("/conferences")

    async def fail_over() -> None:
        node.usnd.kill()
        await node.front.site.stop(signal.SIGKILL)
        away = browser.get("/")
        assert away.status in {502, 503}
        assert "Begin again" in away.text
        (node.home / "control.sock").unlink()
        node.usnd.start()
        assert await until((node.home / "control.sock").exists, 30)
        await node.front.start_site()

    asyncio.run(fail_over())
    assert browser.post("/conferences/1/pins", page.forms["/conferences/1/pins"].fields).status == 200
    assert browser.get("/").title == "Home"


def test_what_was_written_is_sent_again_when_usnd_is_back(node: PortalNode) -> None:
    """Browsers keep no fields of these pages: nobody is to write it all again. A password is in no page."""
    number = node.subscriber()
    browser, other = node.signed_in(number), node.browser()
    browser.get("/users/new")
    other.get("/sign-in")

    async def start_again() -> None:
        await node.usnd.stop(signal.SIGKILL)
        for path in ("/users/new", "/user/Bob"):
            browser.get(path)
            away = browser.send(path, nick="J\u00f6rg", phone="+447700900123", first="O'Neil", last="Stone")
            assert away.status == 503
            assert away.forms[path].fields["first"] == "O'Neil"
        assert not other.send("/sign-in", number=number, password=CHOSEN).forms
        (node.home / "control.sock").unlink()
        node.usnd.start()
        assert await until((node.home / "control.sock").exists, 30)

    asyncio.run(start_again())
    fields = browser.page.forms["/user/Bob"].fields if browser.page else {}
    assert browser.post("/user/Bob", fields).status == 303
    assert "Stone" in browser.get("/users").text


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_page_has_its_headers_and_links_to_what_is_there(node: PortalNode, language: str) -> None:
    number = node.subscriber(conferences=1)
    browser = node.signed_in(number)
    node.sql(f"UPDATE subscribers SET language = '{language}' WHERE number = '{number}'")
    node.sql(
        "INSERT INTO groups (subscriber_id, name_key, name) SELECT id, 'golf', 'Golf' FROM subscribers"
        f" WHERE number = '{number}'"
    )
    stranger = node.browser()
    seen = set[str]()
    for route in ROUTES:
        who = stranger if route.access is Access.ANYBODY else browser
        if route.method == "GET" and route.access is not Access.CHOOSING:
            page = who.get(filled(route))
            # They have had no conference: what is said of that is a page, too.
            assert page.status == (404 if "<conference" in route.path else 200), route.name
            if page.header("content-disposition"):
                assert page.header("content-type").startswith("text/csv")
                continue
            check_page(page, language if who is browser else "en")
            seen |= own_links(page)
    check_page(stranger.get("/no/such/page"), "en")
    known = {*map(filled, ROUTES), "/conferences/2/members"}  # the first that is free
    for link in seen:
        path = link.partition("#")[0].partition("?")[0]
        if path.startswith("/static/"):
            got = browser.get(path)
            assert got.status == 200
            assert "immutable" in got.header("cache-control")
        else:
            assert path in known, path


FILLED = {"<number:instant>": "1", "<name>": "Bob", "<conference:count>": "1", "<part:part>": "1"}


def filled(route: Route) -> str:
    named = {**FILLED, "<name>": "Golf"} if route.path.startswith("/group/") else FILLED
    path = route.path
    for placeholder, value in named.items():
        path = path.replace(placeholder, value)
    return path


def check_page(page: Reply, language: str) -> None:
    headers = dict(HEADERS)
    for name, value in headers.items():
        assert page.header(name.lower()) == value
    assert page.header("strict-transport-security")
    tags = page.tags
    assert ("html", {"lang": language, "dir": "ltr"}) in tags
    assert "style" not in {tag for tag, _ in tags}
    scripts = [given for tag, given in tags if tag == "script"]
    assert all([*given] == ["type", "src"] and given["src"].startswith("/static/") for given in scripts)
    assert not [given for _, given in tags if "style" in given or any(one.startswith("on") for one in given)]
    labels = {given["for"] for tag, given in tags if tag == "label" and "for" in given}
    fields = {given["id"] for tag, given in tags if tag in ("input", "select") and "id" in given}
    assert labels == fields, "each field has its label"
    assert len([tag for tag, _ in tags if tag == "h1"]) == 1


def test_what_comes_by_another_name_is_not_served(node: PortalNode) -> None:
    browser = node.browser()
    browser.headers = {}
    context = ssl.create_default_context(cafile=str(node.front.server_ca))
    connection = http.client.HTTPSConnection("127.0.0.1", node.front.port, context=context)
    connection.putrequest("GET", "/sign-in", skip_host=True)
    connection.putheader("Host", "attacker.example")
    connection.endheaders()
    assert connection.getresponse().status == 404
    connection.close()


def test_no_secret_is_in_any_log(node: PortalNode) -> None:
    number = node.subscriber(conferences=1)
    browser = node.signed_in(number)
    browser.get("/conferences")
    browser.send("/conferences/1/pins")
    other: Browser = node.browser()
    other.get("/forgotten")
    other.follow(other.send("/forgotten", number=number))
    code = node.code(number)
    other.follow(other.send("/code", number=number, code=code))
    (pin,) = node.sql(
        "SELECT digits FROM pins JOIN subscribers ON subscribers.id = subscriber_id"
        f" WHERE number = '{number}' AND kind = 'activation'"
    )
    written = node.written()
    for secret in (FIRST, CHOSEN, code, pin[0], *browser.cookies.values(), *other.cookies.values()):
        assert secret not in written
    tables = node.sql("SELECT query_to_xml('SELECT * FROM portal_sessions', true, false, '')::text")
    assert browser.cookies["__Host-usn"] not in str(tables)
