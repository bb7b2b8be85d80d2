"""Which forms are ours, and which requests are from our own pages."""

import pytest

from usnd.web.portal.guard import LASTS, FormCookies, is_from_here, is_token, token_of_session

NOW = 1_772_366_400.0
HERE = {"HTTP_HOST": "portal.example:8443"}
OURS = "https://portal.example:8443"


def test_a_token_is_of_one_session() -> None:
    assert is_token(token_of_session("one"), token_of_session("one"))
    assert not is_token(token_of_session("one"), token_of_session("two"))
    assert not is_token("", "")
    assert not is_token("\ud800", token_of_session("\ud800"))


def test_a_form_cookie_is_good_for_an_hour_and_of_this_process() -> None:
    cookies, others = FormCookies(), FormCookies()
    cookie = cookies.fresh(NOW)
    assert cookies.holds(cookie, NOW + LASTS - 1)
    assert not cookies.holds(cookie, NOW + LASTS)
    assert not others.holds(cookie, NOW)
    assert cookies.token(cookie) != others.token(cookie)
    for forged in ("", "..", cookie[:-1], f"9{cookie}", "\ud800.1.2"):
        assert not cookies.holds(forged, NOW)
    assert cookies.fresh(NOW) != cookie


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, False),
        ({"HTTP_SEC_FETCH_SITE": "same-origin"}, True),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, False),
        ({"HTTP_SEC_FETCH_SITE": "none"}, False),
        ({"HTTP_ORIGIN": OURS}, True),
        ({"HTTP_ORIGIN": "https://portal.example"}, False),
        ({"HTTP_ORIGIN": "http://portal.example:8443"}, False),
        ({"HTTP_ORIGIN": "null"}, False),
        ({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": OURS}, True),
        ({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "https://attacker.example"}, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_ORIGIN": OURS}, False),
    ],
)
def test_where_a_form_comes_from(headers: dict[str, str], *, ours: bool) -> None:
    assert is_from_here({**HERE, **headers}) is ours
