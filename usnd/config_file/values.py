"""What a value in the configuration may be, and the words that say so to an operator.

usnd/config and pair/config.py make their settings of these types: names, numbers, secrets. The settings
themselves are there.
"""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from usnd.config_file.errors import WORDS
from usnd.domain.network.hosts import Host, HostAddress, Network, OwnAddress, Unusable
from usnd.domain.sms.languages import LANGUAGES

Seconds = Annotated[float, Meta(gt=0, le=86400)]
Port = Annotated[int, Meta(ge=1, le=65535)]


def text(pattern: str, words: str) -> Meta:
    """A text of that form; `words` say to an operator what to write."""
    return Meta(pattern=pattern, extra={WORDS: words})


Name = Annotated[
    str,
    text(
        r"^[a-z][a-z0-9-]{0,30}$",
        "a name of small letters, digits and -, a letter first, at most 31 characters",
    ),
]
GroupName = Annotated[
    str, text(r"^[a-z_][a-z0-9_-]{0,30}$", 'a group of users of this machine, as "usn-operators"')
]
UserName = Annotated[
    str, text(r"^[a-z_][a-z0-9_-]{0,30}$", 'a user of this machine, as "usn-web-provisioning"')
]
ShortCode = Annotated[str, text(r"^\+?[0-9]{1,15}$", 'the digits of a short code or number, as "52272"')]
Region = Annotated[str, text(r"^[A-Z]{2}$", 'a country code of two capital letters (ISO 3166), as "GB"')]
URL_WORDS = '"sqlite:////path/to/file" or "postgresql+psycopg://user:password@host/name"'
StoreUrl = Annotated[str, text(r"^(sqlite:////.+|postgresql\+psycopg://.+)$", URL_WORDS)]
Language = Annotated[
    str, text(f"^({'|'.join(LANGUAGES)})$", f"a language of this node: {', '.join(LANGUAGES)}")
]
E164 = Annotated[str, text(r"^\+[1-9][0-9]{2,14}$", 'an international number, as "+442079460000"')]
Dnis = Annotated[str, text(r"^(\+?[0-9]{1,15})?$", 'the digits of a number, as "442079460000"')]
Prefix = Annotated[str, text(r"^\+[1-9][0-9]{0,14}$", 'how numbers begin in E.164, as "+44" or "+44909"')]
Octet = Annotated[int, Meta(ge=0, le=255)]
Cause = Annotated[int, Meta(ge=1, le=127)]


class ConfigError(Exception):
    """The configuration cannot be used; the message says where and why, in words for an operator."""


class NotReadable(ConfigError):
    """The user of this process may not read the file."""


class Secret:
    """A password that no log, traceback or dump can show by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The password itself; call this only where it goes on the wire."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One section of the file."""


def decode(wanted: type, value: object) -> object:
    """A value of a type that TOML has not. Raises TypeError, and Unusable with what to write instead."""
    if not isinstance(value, str) or not value:
        raise TypeError("a non-empty string is expected")
    if wanted is Path:
        return _path(value)
    if wanted in (Host, HostAddress, Network, OwnAddress, Secret):
        return wanted(value)
    raise TypeError(f"no value is read as {wanted}")


def _path(written: str) -> Path:
    """What it is relative to would be another directory under systemd than on the command line."""
    if written.startswith("/") and "\0" not in written and not written.startswith("//"):
        return Path(written)
    raise Unusable(f'"{written}" does not begin at the root: write the whole path, as "/var/lib/usn"')
