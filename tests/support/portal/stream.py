"""A live page as far as its stream goes: what a browser's EventSource would be told."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse, HTTPSConnection
from typing import Any

from portal.browser import HOST, Browser

from usnd.web.portal.live.streams import PATH


class Stream:
    """One. Its events come as they are asked for."""

    def __init__(self, answer: HTTPResponse) -> None:
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self._answer = answer

    def next(self) -> tuple[str, Any]:
        """The next event, but beats, with what it says; ("", None) at the end."""
        kind, said = "", None
        while line := self._answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data" and value:
                said = json.loads(value)
            elif not line.strip() and kind != "beat":
                return kind, said
        return "", None

    def until(self, kind: str) -> Any:
        """The next of that kind. Raises EOFError where there is none."""
        while True:
            came, said = self.next()
            if came == kind:
                return said
            if not came:
                raise EOFError(kind)


@contextmanager
def opened(browser: Browser, path: str = PATH) -> Iterator[Stream]:
    """The stream of who is signed in there. Nothing is waited for longer than a minute."""
    connection = HTTPSConnection(HOST, browser.port, context=browser.context, timeout=60)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    try:
        connection.request("GET", path, headers={"Cookie": cookies, "Accept": "text/event-stream"})
        yield Stream(connection.getresponse())
    except ssl.SSLEOFError:
        raise EOFError from None
    finally:
        connection.close()
