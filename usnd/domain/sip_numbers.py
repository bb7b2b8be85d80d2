"""Telephone numbers as SIP writes them: in sip and tel URIs, with their parameters, and who is said to call.

services/ways_in.py calls it with what came in an INVITE. What goes out is a number as written, `+` and digits
or digits alone; domain/trunk_numbers.py makes E.164 of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

_SEPARATORS = re.compile(r"[-.() ]")  # RFC 3966 §3, visual separators; the blank is against it, and is sent
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_PREFIX = re.compile(r"\+[0-9]{1,15}")
_WITHHELD = frozenset({"id", "user", "full"})  # RFC 3323 §4.2, RFC 3325 §9.3; `full` is Remote-Party-ID's


class Identity(Enum):
    """A header that says who calls. RFC 3325: only the network sets PAI; the caller writes PPI and From."""

    ASSERTED = "pai"
    REMOTE_PARTY = "rpid"
    PREFERRED = "ppi"
    FROM = "from"


VOUCHED = (Identity.ASSERTED, Identity.REMOTE_PARTY, Identity.FROM)
"""What is believed of a switch that is ours, or the carrier's own: it sets From as well."""


@dataclass(frozen=True, slots=True)
class Signalling:
    """What the INVITE of a call that came in says, each header as written, empty where there is none."""

    request: str = ""
    """The URI that is called."""
    to: str = ""
    """The address that was called first."""
    headers: tuple[tuple[Identity, str], ...] = ()
    privacy: str = ""

    def of(self, identity: Identity) -> str:
        """That header, several of it joined as one."""
        return ", ".join(value for kind, value in self.headers if kind is identity and value)


def number_of(uri: str) -> str | None:
    """The number in a sip, sips or tel URI as written there: `+` and digits, or digits alone.

    RFC 3966 §5.1.5: a local number belongs to its phone-context, which is a prefix if it begins with `+`.
    Other parameters (isub, npdi, rn) say nothing about whose number it is.
    """
    scheme, _, rest = uri.strip().partition(":")
    if scheme.lower() in ("sip", "sips"):
        rest, at, _ = rest.partition("@")
        if not at:
            return None
    elif scheme.lower() != "tel":
        return None
    written, *parameters = unquote(rest).split(";")
    if scheme.lower() != "tel":
        written = written.partition(":")[0]  # of a password
    number = _SEPARATORS.sub("", written)
    if not _NUMBER.fullmatch(number) or number.startswith("+"):
        return number if _NUMBER.fullmatch(number) else None
    return _prefix(parameters) + number


def _prefix(parameters: Sequence[str]) -> str:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        prefix = _SEPARATORS.sub("", value)
        if name.strip().lower() == "phone-context" and _PREFIX.fullmatch(prefix):
            return prefix
    return ""


def called_number(signalling: Signalling, *, in_to: bool) -> str | None:
    """The number called as written: that of the request, or, `in_to`, the one that was called first."""
    if not in_to:
        return number_of(signalling.request)
    return next((number_of(_uri(one)[0]) for one in _addresses(signalling.to)), None)


def calling_number(signalling: Signalling, trusted: Sequence[Identity]) -> str | None:
    """The calling number as written, of the first of the `trusted` headers that is there; None for nobody's.

    Where the network says whom it knows, and that is no number, what the caller wrote besides is not asked.
    """
    if _WITHHELD & {token.strip().lower() for token in re.split("[;,]", signalling.privacy)}:
        return None
    for identity in trusted:
        if value := signalling.of(identity).strip():
            return next((number for one in _addresses(value) if (number := _vouched(one, identity))), None)
    return None


def _vouched(address: str, identity: Identity) -> str | None:
    """The number of one address of the header, unless its parameters take it back."""
    uri, after = _uri(address)
    parameters = (parameter.partition("=") for parameter in after.split(";"))
    said = {name.strip().lower(): value.strip().lower() for name, _, value in parameters}
    if identity is Identity.REMOTE_PARTY and (
        said.get("privacy", "off") not in ("off", "name") or said.get("screen", "yes") == "no"
    ):
        return None
    # RFC 8224, 3GPP TS 24.229 §7.2A.20: the network found the number to be false.
    return None if "verstat=tn-validation-failed" in address.lower() else number_of(uri)


def _uri(address: str) -> tuple[str, str]:
    """The URI of an address, and what holds its parameters: without brackets both are one."""
    before, bracket, after = address.partition(">")
    return (before.rpartition("<")[2], after) if bracket else (address, address)


def _addresses(header: str) -> Iterator[str]:
    """Its addresses, without the names in quotes: a comma or a bracket there separates nothing."""
    unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", header)
    part, within = "", False
    for letter in unquoted:
        within = letter == "<" or (within and letter != ">")
        if letter == "," and not within:
            yield part.strip()
            part = ""
        else:
            part += letter
    yield part.strip()
