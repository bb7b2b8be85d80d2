"""Proves that each answer of a site has its id, code and headers, and that no error shows what is inside."""

from typing import Any

import bottle
import pytest
from structlog.testing import capture_logs

from usnd.domain.provisioning.codes import CATALOGUE, Code
from usnd.web.note import Note, server_id
from usnd.web.site import NOTE, SECURITY_HEADERS, Site


def refuse(note: Note, code: Code, text: str) -> tuple[bytes, str]:
    return f"{note.server} {code}{text}".encode(), "text/plain"


def fail() -> None:
    raise ZeroDivisionError("the secret hush")


def good() -> bytes:
    note = bottle.request.environ[NOTE]
    note.code, note.operation = Code.DONE, "create"
    return b"good"


@pytest.fixture
def site() -> Site:
    app = bottle.Bottle()
    app.get("/good", callback=good)
    app.get("/fail", callback=fail)
    return Site("tried", app, refuse, lambda _path: 1000)


def ask(site: Site, path: str, method: str = "GET") -> tuple[str, dict[str, str], bytes]:
    started = list[tuple[str, dict[str, str]]]()
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_X_USN_REQUEST": "ab12"}
    body = b"".join(site(environ, lambda status, headers, _exc: started.append((status, dict(headers)))))
    return started[-1][0], started[-1][1], body


def test_an_answer_has_the_headers_and_leaves_one_line(site: Site) -> None:
    with capture_logs() as lines:
        status, headers, body = ask(site, "/good")
    assert (status, body) == ("200 OK", b"good")
    assert headers.items() >= dict(SECURITY_HEADERS).items()
    (line,) = lines
    assert (line["event"], line["server"], line["code"], line["operation"]) == (
        "request",
        "ab12",
        1000,
        "create",
    )


@pytest.mark.parametrize(
    ("path", "method", "code"),
    [
        ("/none", "GET", Code.PATH_UNKNOWN),
        ("/good", "POST", Code.METHOD_NOT_ALLOWED),
        ("/fail", "GET", Code.FAULT),
    ],
)
def test_an_error_is_told_in_the_sites_own_form(site: Site, path: str, method: str, code: Code) -> None:
    with capture_logs() as lines:
        status, headers, body = ask(site, path, method)
    assert status.startswith(f"{CATALOGUE[code].status} ")
    assert body == f"ab12 {code}".encode()
    assert headers.items() >= dict(SECURITY_HEADERS).items()
    assert lines[-1]["code"] == code
    assert ("unforeseen error" in [line["event"] for line in lines]) is (code is Code.FAULT)


@pytest.mark.parametrize("given", ["", None, "a b", "x" * 65, "\n"])
def test_a_request_without_a_fit_id_gets_one(given: str | None) -> None:
    assert server_id(given) != server_id(given)
    assert server_id("ab12") == "ab12"


def test_an_error_of_the_page_of_an_error_is_answered_too() -> None:
    """What failed first may be what that page needs: nobody is left without an answer."""

    def refuses_to_refuse(_note: Note, _code: Code, _text: str) -> tuple[bytes, str]:
        raise LookupError("the secret hush")

    app = bottle.Bottle()
    app.get("/fail", callback=fail)
    with capture_logs() as lines:
        status, headers, body = ask(Site("tried", app, refuses_to_refuse, lambda _path: 1000), "/fail")
    assert (status, body) == ("500 Internal Server Error", b"FAULT")
    assert headers.items() >= dict(SECURITY_HEADERS).items()
    assert [line["event"] for line in lines][:2] == [
        "unforeseen error",
        "unforeseen error on the page of an error",
    ]
