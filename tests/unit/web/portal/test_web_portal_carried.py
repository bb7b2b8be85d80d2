"""Where who has signed in goes on: only to a page of ours, and only theirs."""

import pytest

from usnd.domain.directory.model import Subscriber
from usnd.web.portal.carried import Carried, asked_for, carried_in
from usnd.web.portal.routes import nearest_page
from usnd.web.portal.site import landing
from usnd.web.portal.visitor import Visitor
from usnd.web.portal.words import Languages

ANN, BEN = (Subscriber(number, f"+44770090000{number}") for number in (1, 2))


def lands(subscriber: Subscriber = ANN, **asked: str) -> str:
    who = Visitor("192.0.2.1", Languages().of(""), "", subscriber=subscriber, asked=asked)
    return landing(carried_in(who), who)


@pytest.mark.parametrize(
    "to",
    ["/users", "/users/new", "/history/12", "/conferences/30/members", "/settings", "/live", "/help/card"],
)
def test_one_lands_on_the_page_that_was_asked_for(to: str) -> None:
    assert lands(to=to) == to


@pytest.mark.parametrize(
    "to",
    [
        "//example.com/users",
        "/\\example.com/users",
        "\\\\example.com",
        "/%5cexample.com",
        "/%2fexample.com",
        "https://example.com/users",
        "https:users",
        "javascript:alert(1)",
        "/users@example.com",
        "users",
        "",
        "/",
        "?",
        "/sign-out",
        "/sign-in",
        "/password",
        "/static/1/portal.css",
        "/\t/example.com",
        "/.//example.com",
        "/users/../..//example.com",
        "/history/0",
        "/history/" + "1" * 16,
    ],
)
def test_and_on_nothing_else(to: str) -> None:
    assert lands(to=to, **{"to-of": "1"}) in ("/", "/users", "/history")


@pytest.mark.parametrize(
    ("to", "landed"),
    [
        ("/usage/days.csv", "/usage"),
        ("/recordings/3/1/file", "/recordings"),
        ("/users/export", "/users"),
        ("/live/act", "/live"),
        ("/calls.csv", "/"),
    ],
)
def test_of_a_file_it_is_the_page_above_it(to: str, landed: str) -> None:
    assert lands(to=to) == landed


def test_a_header_cannot_be_made_of_it() -> None:
    landed = lands(to="/user/a%0d%0aSet-Cookie:%20x?q=a\r\nb", **{"to-of": "1"})
    assert landed == "/user/a%0D%0ASet-Cookie%3A%20x?q=a%0D%0Ab"


def test_what_a_subscriber_wrote_is_for_them_alone() -> None:
    """It is known whose it is by their session, though it is over: else only a bare path counts."""
    mine = {"to": "/history?words=dora", "to-of": "1"}
    assert lands(ANN, **mine) == "/history?words=dora"
    assert lands(BEN, **mine) == "/"
    assert lands(BEN, to="/history?words=dora") == "/history"
    assert lands(ANN, to="/user/dora", **{"to-of": "1"}) == "/user/dora"
    assert lands(BEN, to="/user/dora") == "/"


def test_it_goes_from_page_to_page_as_it_is() -> None:
    wanted = asked_for("/user/J\u00f6rg &?", "a=1&b=%C3%B6", "1")
    assert wanted is not None
    who = Visitor("192.0.2.1", Languages().of(""), "", written=Carried(asked_for=wanted).fields)
    assert carried_in(who).asked_for == wanted


def test_what_is_too_long_for_an_address_is_left() -> None:
    assert asked_for("/users", "a" * 2000, "1") is None


def test_the_nearest_page() -> None:
    assert nearest_page("/group/Golf", may_name=True) == "/group/Golf"
    assert nearest_page("/group/Golf", may_name=False) == "/"
    assert nearest_page("/conferences/31/members", may_name=True) == "/conferences"
    assert nearest_page("no path", may_name=True) == "/"
