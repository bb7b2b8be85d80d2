"""A browser as far as the portal needs one: it keeps cookies, fills forms, and says where a POST is from."""

import http.client
import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

HOST = "127.0.0.1"


@dataclass
class Form:
    """One of a page: where it goes, and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)
    """Those that are not ticked."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms = list[Form]()
        self.tags = list[tuple[str, dict[str, str]]]()
        self.text = list[str]()
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            self.forms.append(Form(given["action"]))
        if tag == "select":
            self._select = given["name"]
        if tag == "option" and self._select and "selected" in given:
            self.forms[-1].fields[self._select] = given["value"]
        if tag == "input":
            one = self.forms[-1]
            is_box = given.get("type") == "checkbox" and "checked" not in given
            (one.boxes if is_box else one.fields)[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@dataclass
class Reply:
    """An answer, and the page in it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __post_init__(self) -> None:
        self._reader = _Reader()
        if self.header("content-type").startswith("text/html"):
            self._reader.feed(self.body.decode())

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def to(self) -> str:
        """Where a redirect leads."""
        return self.header("location")

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._reader.text).split())

    @property
    def tags(self) -> list[tuple[str, dict[str, str]]]:
        return self._reader.tags

    @property
    def title(self) -> str:
        words = self.body.decode()
        return words.partition("<h1>")[2].partition("</h1>")[0].strip()

    @property
    def forms(self) -> dict[str, Form]:
        """By where they go."""
        return {one.action.partition("#")[0]: one for one in self._reader.forms}


class Browser:
    """Its own cookies. source: the address of this machine that it comes from."""

    def __init__(self, port: int, authority: Path, source: str = HOST) -> None:
        self.port, self._source = port, source
        self.context = ssl.create_default_context(cafile=str(authority))
        self.cookies = dict[str, str]()
        self.page: Reply | None = None
        self.headers = {"Sec-Fetch-Site": "same-origin", "Origin": f"https://{HOST}:{port}"}

    def get(self, path: str, more: dict[str, str] | None = None) -> Reply:
        """more: headers."""
        self.page = self._ask("GET", path, more=more)
        return self.page

    def send(self, action: str, **written: str) -> Reply:
        """Fills the form of the page that goes there, and sends it."""
        assert self.page is not None
        return self.post(action, {**self.page.forms[action].fields, **written})

    def post(self, path: str, fields: dict[str, str]) -> Reply:
        reply = self._ask("POST", path, urlencode(fields))
        if reply.body:
            self.page = reply
        return reply

    def upload(self, path: str, fields: dict[str, str], name: str, octets: bytes) -> Reply:
        """Sends a form with a file, as browsers do (RFC 7578)."""
        edge = b"----edge-of-a-part"
        parts = [
            b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
            % (edge, key.encode(), text.encode())
            for key, text in fields.items()
        ]
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain'
        parts.append(b"--%b\r\n%b\r\n\r\n%b\r\n--%b--\r\n" % (edge, head.encode(), octets, edge))
        reply = self._ask("POST", path, b"".join(parts), f"multipart/form-data; boundary={edge.decode()}")
        if reply.body:
            self.page = reply
        return reply

    def follow(self, reply: Reply) -> Reply:
        assert reply.status == 303, reply.text
        return self.get(reply.to)

    def _ask(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        kind: str = "application/x-www-form-urlencoded",
        more: dict[str, str] | None = None,
    ) -> Reply:
        connection = http.client.HTTPSConnection(
            HOST, self.port, context=self.context, timeout=60, source_address=(self._source, 0)
        )
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, **(more or {})}
        if body is not None:
            headers |= {"Content-Type": kind, **self.headers}
        try:
            connection.request(method, path, body, headers)
            got = connection.getresponse()
            reply = Reply(got.status, got.getheaders(), got.read())
        finally:
            connection.close()
        self._keep(reply)
        return reply

    def _keep(self, reply: Reply) -> None:
        for name, header in reply.headers:
            if name.lower() != "set-cookie":
                continue
            ((key, morsel),) = SimpleCookie(header).items()
            assert key.startswith("__Host-usn")
            assert morsel["secure"], header
            assert morsel["httponly"], header
            assert (morsel["path"], morsel["samesite"], morsel["domain"]) == ("/", "Lax", "")
            if morsel.value:
                self.cookies[key] = morsel.value
            else:
                assert morsel["max-age"] == "0"
                self.cookies.pop(key, None)


def own_links(reply: Reply) -> set[str]:
    """The addresses that a page names."""
    names = ("href", "src", "action")
    found = {given[name] for _tag, given in reply.tags for name in names if name in given}
    return {one for one in found if not one.startswith("#") and not urlsplit(one).netloc}
