"""What becomes of a number in records that must stay when its subscriber is erased. Pure.

It is replaced by a pseudonym: keyed, so that nobody without the node's key can try numbers until one fits;
stable, so that whoever adds up records still adds up the same ones; and written as a number, so that whoever
reads records can read it. Country code 999 is given to nobody (E.164 list of assigned codes: reserved).
"""

import hmac
from collections.abc import Collection
from dataclasses import dataclass

from usnd.domain.subscribers.credentials import CredentialKey

PREFIX = "+999"
_DIGITS = 11
_FOR = b"usnd: pseudonym of a number\0"


@dataclass(frozen=True, slots=True)
class Parties:
    """Of a record: whose it is, who calls and who is called."""

    subscriber: int
    cli: str
    dnis: str


def pseudonym(key: CredentialKey, number: str) -> str:
    """Of a number; of nothing, and of what is one already, itself."""
    if not number or number.startswith(PREFIX):
        return number
    digest = hmac.digest(key.key, _FOR + number.encode(), "sha256")
    return f"{PREFIX}{int.from_bytes(digest) % 10**_DIGITS:0{_DIGITS}}"


def pseudonymised(key: CredentialKey, parties: Parties, number: str, owners: Collection[int]) -> Parties:
    """Of the erased subscriber's records both numbers; of others' only the erased one."""
    own = parties.subscriber in owners

    def replaced(one: str) -> str:
        return pseudonym(key, one) if own or one == number else one

    return Parties(parties.subscriber, replaced(parties.cli), replaced(parties.dnis))
