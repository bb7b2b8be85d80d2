"""What differs between the ways in which Asterisk reaches a trunk: SIP by PJSIP today, E1 PRI by DAHDI later.

Calls, their progress and the voice edge know a `Technology` only; its events are read without I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from usnd.domain.trunks.registration import Registration


@dataclass(frozen=True, slots=True)
class Contact:
    """One address of a trunk. An address that is not qualified, or not yet, counts as answering."""

    trunk: str
    uri: str
    answers: bool


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a registration; `uri`: that of the account, as the configuration has it."""

    uri: str
    registration: Registration


class Technology(Protocol):
    """All methods are pure."""

    @property
    def events(self) -> frozenset[str]:
        """The events of Asterisk that `read` wants."""

    @property
    def contact_listing(self) -> str:
        """The action of AMI that lists the addresses of all trunks; empty: there are none."""

    @property
    def account_listing(self) -> str:
        """The same of registrations."""

    def dial_string(self, number: str, trunk: str) -> str:
        """What Asterisk is to dial. Both must be checked before."""

    def trunk_of_channel(self, channel: str) -> str:
        """The trunk of a channel as Asterisk names it; whatever comes out, it may be none of ours."""

    def refusal(self, event: Mapping[str, str]) -> str:
        """The other end's own word for why it refuses, from a HangupRequest; empty: it said none."""

    def cause(self, cause: str, refusal: str) -> int | None:
        """The Q.850 cause of a call that ended, from what Asterisk says and what the other end said."""

    def read(self, event: Mapping[str, str]) -> Contact | Account | None:
        """What an event says of a trunk's address or registration."""

    def listed(self, item: Mapping[str, str]) -> Contact | Account | None:
        """The same of an item of a listing."""
