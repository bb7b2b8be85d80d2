"""Telephone numbers as SIP writes them: in sip and tel URIs, with their parameters, and who is said to call.

services/dial_in/admission.py calls it with what came in an INVITE. What goes out is a number as written, `+`
and digits or digits alone; domain/trunks/number_format.py makes E.164 of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

_SEPARATORS = re.compile(r"[-.() ]")  # RFC 3966 §3, visual separators; the blank is against it, and is sent
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_PREFIX = re.compile(r"\+[0-9]{1,15}")
# RFC 3323 §4.2, RFC 3325 §9.3; `full` is Remote-Party-ID's
_WITHHELD = frozenset({"id", "user", "full", "critical"})
# RFC 8224, 3GPP TS 24.229 §7.2A.20: the network found the number to be false.
_FALSE = "verstat=tn-validation-failed"


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
    """Several lines of it joined by commas."""

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
    if _taken_back(signalling):
        return None
    for identity in trusted:
        if callers := _callers(signalling, identity):
            return next((number for one in callers if (number := number_of(_uri(one)[0]))), None)
    return None


def _taken_back(signalling: Signalling) -> bool:
    """Some header says that a number is withheld or false, be it beside another or not believed itself."""
    if _WITHHELD & {token.strip().lower() for token in re.split("[;,]", signalling.privacy)}:
        return True
    if any(_FALSE in re.sub(r'[\s"]', "", unquote(value)).lower() for _, value in signalling.headers):
        return True
    remote = [_said(one) for one in _callers(signalling, Identity.REMOTE_PARTY)]
    return any(
        (name == "privacy" and value not in ("off", "name")) or (name == "screen" and value != "yes")
        for said in remote
        for name, value in said
    )


def _callers(signalling: Signalling, identity: Identity) -> list[str]:
    """The caller's addresses in the header: Remote-Party-ID may name the called party as well."""
    addresses = [one for one in _addresses(signalling.of(identity)) if one]
    if identity is not Identity.REMOTE_PARTY:
        return addresses
    return [one for one in addresses if all(v == "calling" for name, v in _said(one) if name == "party")]


def _said(address: str) -> list[tuple[str, str]]:
    """The parameters of an address, each as often as it is written."""
    parameters = (parameter.partition("=") for parameter in _uri(address)[1].split(";"))
    return [(name.strip().lower(), value.strip().lower()) for name, _, value in parameters]


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
