"""A form that comes when its session is over, as a browser shows it then."""

from portal.browser import Browser
from portal.node import PortalNode

DORA = {"nick": "dora", "phone": "+447700900006", "first": "Dora", "last": ""}


def end_session(node: PortalNode, number: str, *, gone: bool) -> None:
    sessions = f"subscriber_id = (SELECT id FROM subscribers WHERE number = '{number}')"
    node.sql(
        f"DELETE FROM portal_sessions WHERE {sessions}"
        if gone
        else f"UPDATE portal_sessions SET ends_at = now() WHERE {sessions}"
    )


def users(node: PortalNode, number: str) -> set[str]:
    rows = node.sql(
        f"SELECT nick FROM users WHERE subscriber_id = (SELECT id FROM subscribers WHERE number = '{number}')"
    )
    return {nick for (nick,) in rows}


def sent_too_late(node: PortalNode, number: str, *, gone: bool = False) -> Browser:
    """A browser that shows the sign-in, with the form kept."""
    browser = node.signed_in(number)
    browser.get("/users/new")
    end_session(node, number, gone=gone)
    page = browser.send("/users/new", **DORA)
    assert page.title == "Sign in"
    assert "What you wrote is kept" in page.text
    return browser
