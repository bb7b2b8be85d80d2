"""Who asks for a page: their session, language and source, what their form says; and how they are answered.

site.py makes a Visitor of each request and an HTTP answer of what a page gives: a `Page` or a `Redirect`. No
page touches HTTP.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import quote, unquote

from usnd.domain.directory.model import Subscriber
from usnd.web.portal.words import Language

SESSION, DEVICE, FORM, NUMBER = "__Host-usn", "__Host-usn-device", "__Host-usn-form", "__Host-usn-number"
"""Cookies: the session's token; the device; what forms go with before a session; the number of a reset."""
SIGN_IN = "/sign-in"
ENDED = f"{SIGN_IN}?signed-out=1"
"""Where somebody goes whose session is over."""
_YEAR, _QUARTER = 365 * 86_400, 900
_LASTS = {DEVICE: _YEAR, NUMBER: _QUARTER}
"""Seconds; of the others, until the browser ends."""


class Access(Enum):
    """Who may have a page. CHOOSING: who is to choose a password; SIGNED_IN: whose session is open.

    IN_SESSION: either of these.
    """

    ANYBODY = "anybody"
    IN_SESSION = "in session"
    CHOOSING = "choosing"
    SIGNED_IN = "signed in"


@dataclass(frozen=True, slots=True)
class Cookie:
    """To be set; an empty value takes it back. Each is for this host alone, by TLS; no script reads it."""

    name: str
    value: str

    @property
    def header(self) -> str:
        """The value of Set-Cookie."""
        lasts = 0 if not self.value else _LASTS.get(self.name)
        age = "" if lasts is None else f"; Max-Age={lasts}"
        return f"{self.name}={quote(self.value)}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"


@dataclass(frozen=True, slots=True)
class Page:
    """A template and what it shows."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    cookies: tuple[Cookie, ...] = ()


@dataclass(frozen=True, slots=True)
class Redirect:
    """To a path of ours, to be got."""

    to: str
    cookies: tuple[Cookie, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """To be kept under that name. kind: as Content-Type says it."""

    octets: bytes = field(repr=False)
    kind: str = ""
    name: str = ""
    status: int = 200
    cookies: tuple[Cookie, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording, which nginx sends: the name of its file in the directory of recordings.

    kept_as: the name under which it is to be kept; empty: it is heard on a page.
    """

    file: str
    kept_as: str = ""
    status: int = 200
    cookies: tuple[Cookie, ...] = ()


Answer = Page | Redirect | File | Recorded


@dataclass(frozen=True, slots=True)
class Visitor:
    """subscriber: whose session it is, None: it has none. choosing: they are to choose a password first.

    form_token: to be in each form. written: the fields of the form that came; asked: those behind the `?`.
    file: what was sent with the form. former: the id of the subscriber whose session is over.
    """

    source: str
    language: Language
    form_token: str = field(repr=False)
    token: str = field(default="", repr=False)
    device: str = field(default="", repr=False)
    number: str = ""
    subscriber: Subscriber | None = None
    choosing: bool = False
    written: Mapping[str, str] = field(default_factory=dict, repr=False)
    asked: Mapping[str, str] = field(default_factory=dict)
    file: bytes = field(default=b"", repr=False)
    former: str = ""

    @property
    def access(self) -> Access:
        """What they may have."""
        if self.subscriber is None:
            return Access.ANYBODY
        return Access.CHOOSING if self.choosing else Access.SIGNED_IN


def is_sign_in(answer: Redirect) -> bool:
    """Whether it leads there."""
    return answer.to.partition("?")[0] == SIGN_IN


def unquoted(value: str | None) -> str:
    """Of a cookie."""
    return unquote(value or "")
