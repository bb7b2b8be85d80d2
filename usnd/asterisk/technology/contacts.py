"""Whether the other end of a trunk answers OPTIONS, as Asterisk's qualify finds out, and lets us register.

Owns how its events and its listing are read; no I/O. Refuses to ask again and again: a change is an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from usnd.asterisk.technology.endpoints import trunk_of
from usnd.domain.trunks.registration import Registration

EVENTS = frozenset({"ContactStatus", "Registry"})
"""All that is read here."""
_SILENT = frozenset({"Unreachable", "Removed"})


@dataclass(frozen=True, slots=True)
class Contact:
    """One address of a trunk. An address that is not qualified, or not yet, counts as answering."""

    trunk: str
    uri: str
    answers: bool


def read_contact(event: Mapping[str, str]) -> Contact | None:
    """From a ContactStatus event."""
    if event.get("event") != "ContactStatus" or not event.get("endpointname"):
        return None
    silent = event.get("contactstatus", "") in _SILENT
    return Contact(trunk_of(event["endpointname"]), event.get("uri", ""), not silent)


def listed_contact(item: Mapping[str, str]) -> Contact | None:
    """From an item of PJSIPShowContacts."""
    if not item.get("endpoint"):
        return None
    return Contact(trunk_of(item["endpoint"]), item.get("uri", ""), item.get("status", "") not in _SILENT)


_REGISTRATIONS = {"Registered": Registration.REGISTERED, "Rejected": Registration.REFUSED}
"""All other words of Asterisk (Unregistered, Stopped) mean that nobody was asked."""


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a registration; `uri`: that of the account, as the configuration has it."""

    uri: str
    registration: Registration


def read_account(event: Mapping[str, str]) -> Account | None:
    """From a Registry event."""
    if event.get("event") != "Registry" or not event.get("username"):
        return None
    return Account(event["username"], _registration(event.get("status", "")))


def listed_account(item: Mapping[str, str]) -> Account | None:
    """From an item of PJSIPShowRegistrationsOutbound."""
    if not item.get("clienturi"):
        return None
    return Account(item["clienturi"], _registration(item.get("status", "")))


def _registration(status: str) -> Registration:
    return _REGISTRATIONS.get(status, Registration.WAITING)
