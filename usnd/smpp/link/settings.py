"""What one link to an SMSC is told, says and counts. Values only."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from usnd.domain.messaging.message import Priority
from usnd.domain.messaging.sending import RetryRules
from usnd.domain.messaging.smsc_refusals import Refusal
from usnd.smpp.link.session import Timers
from usnd.smpp.pdu.status import status_name
from usnd.smpp.text.alphabets import Alphabet


class BindKind(Enum):
    """What may pass. The value is what the journal says."""

    TRANSCEIVER = "transceiver"
    TRANSMITTER = "transmitter"
    RECEIVER = "receiver"


@dataclass(frozen=True)
class LinkSettings:
    """Times in seconds. window: messages without a response at once; deliveries: texts in progress at once.

    rate: segments a second at most, None for no limit. receipts: for which texts they are asked of the SMSC.
    validity_period: tell the SMSC when a text is of no use any more.

    tls: None for TCP without; server_name: in the SMSC's certificate, `host` if None. group: binds of
    one name stand in for each other when one has been away for `failover_after`.

    source_ton, source_npi, dest_ton, dest_npi: of numbers that are not written with `+`, which are
    international (1, 1). alphabet: what data_coding 0 is at this SMSC; mo_alphabet: of MO texts, if another.
    mo_ends_with_nul: each MO text has a NUL behind it that is not its own.
    repeats_after: how soon the SMSC delivers again what it has read no answer to, at the earliest.

    short_code: from which texts go, if this bind has one of its own. retry: how often a text goes whose
    answer never comes. refusals: what statuses mean at this SMSC, where it is other than the table says.
    """

    name: str
    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    interface_version: int = 0x34
    source_ton: int = 0
    source_npi: int = 0
    dest_ton: int = 0
    dest_npi: int = 0
    alphabet: Alphabet = Alphabet.GSM7
    mo_alphabet: Alphabet | None = None
    mo_ends_with_nul: bool = False
    repeats_after: float = 4.0
    bind: BindKind = BindKind.TRANSCEIVER
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    server_name: str | None = None
    group: str = ""
    failover_after: float = 10.0
    window: int = 10
    rate: float | None = None
    receipts: frozenset[Priority] = frozenset({Priority.BULK})
    validity_period: bool = True
    short_code: str = ""
    retry: RetryRules = field(default_factory=RetryRules)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    deliveries: int = 256
    timers: Timers = field(default_factory=Timers)
    connect_timeout: float = 10.0
    reconnect_first: float = 0.1
    reconnect_cap: float = 30.0

    def longest_wait(self, failures: int) -> float:
        """Seconds before the next attempt at most; the wait is drawn from zero to this (full jitter)."""
        return min(self.reconnect_cap, self.reconnect_first * 2.0 ** max(0, failures - 1))


class LinkState(Enum):
    DOWN = "down"
    CONNECTING = "connecting"
    BINDING = "binding"
    BOUND = "bound"
    UNBINDING = "unbinding"


@dataclass
class Counters:
    """Since the link was made. nacked: answered with other than ESME_ROK; dropped: responses nobody waits
    for; overdue: messages without a response in time; oddities: what was read
    over in deliveries, or refused, by name.
    """

    pdus_in: int = 0
    pdus_out: int = 0
    texts: int = 0
    receipts: int = 0
    submitted: int = 0
    dropped: int = 0
    overdue: int = 0
    nacked: int = 0
    binds: int = 0
    oddities: dict[str, int] = field(default_factory=dict)


class SubmitError(Exception):
    """A message the SMSC did not take, as far as is known."""


class NotBound(SubmitError):  # what is, said as such
    """Nothing was written: submit again when bound."""


class LinkLost(SubmitError):  # as above
    """It was written and no response came: the SMSC may have taken it."""


class _RefusalError(SubmitError):
    def __init__(self, status: int) -> None:
        super().__init__(status_name(status))
        self.status = status


class Rejected(_RefusalError):  # as above
    """The SMSC refused for good, or SMPP cannot carry it."""


class Throttled(_RefusalError):  # as above
    """Too much at once: the whole bind should go slower."""


class Postponed(_RefusalError):  # as above
    """The SMSC did not take it now: it should go again later."""


@dataclass(frozen=True, slots=True)
class Late:
    """No answer in time. One may still come: a second outcome follows."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """message_id: the SMSC's, empty if it gave none; session: the bind it was submitted in."""

    message_id: str
    session: str
