"""What a designation lets a terminal do: which operations, on which subscribers' numbers. Pure.

`usnd ca designate` reads what the operator wrote by `parse_rights`, the store what it holds by
`stored_rights`, and the provisioning site asks `permits` for each order (REQUIREMENTS P2). What is not given
is refused.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

MOST_PREFIXES = 100
ALL = "all"
EVERY_NUMBER = "+"
"""The prefix of each E.164 number."""
_PREFIX = re.compile(r"\+(?:[1-9][0-9]{0,14})?")


class Operation(Enum):
    """What a terminal can ask for; the value is the word in orders, commands and the database."""

    CREATE = "create"
    READ = "read"
    CHANGE = "change"
    SUSPEND = "suspend"
    RESUME = "resume"
    DELETE = "delete"
    LIST = "list"
    POLL = "poll"


OF_NO_NUMBER = frozenset({Operation.LIST, Operation.POLL})
"""They are about many subscribers: what they show is bounded by `covers`, one number at a time."""


class BadRights(ValueError):
    """What an operator wrote gives no rights; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Rights:
    """prefixes: of E.164 numbers, each with `+`; `+` alone is every number. Nothing is given by default."""

    operations: frozenset[Operation] = frozenset()
    prefixes: tuple[str, ...] = ()

    def covers(self, number: str) -> bool:
        """Whether subscribers of that number (E.164) are this terminal's to see and to change."""
        return number.startswith("+") and number.startswith(self.prefixes)

    def permits(self, operation: Operation, number: str | None = None) -> bool:
        """Whether it may do that; `number`: whose subscriber it is about, needed by all but list and poll."""
        if operation not in self.operations:
            return False
        if number is None:
            return operation in OF_NO_NUMBER
        return self.covers(number)


def parse_rights(operations: Collection[str], prefixes: Collection[str]) -> Rights:
    """Of what an operator wrote: operations, prefixes as `+4477`, `all` for either. Raises BadRights."""
    if not operations or not prefixes:
        raise BadRights(f"name at least one operation and one prefix of numbers, or {ALL}")
    if len(prefixes) > MOST_PREFIXES:
        raise BadRights(f"{len(prefixes)} prefixes are too many: at most {MOST_PREFIXES}")
    return Rights(frozenset(_operations(operations)), tuple(sorted({_prefix(one) for one in prefixes})))


def stored_rights(operations: Iterable[str], prefixes: Iterable[str]) -> Rights:
    """Of what the database holds. What this release does not know gives no right."""
    known = {one.value: one for one in Operation}
    return Rights(
        frozenset(known[word] for word in operations if word in known),
        tuple(one for one in prefixes if _PREFIX.fullmatch(one)),
    )


def _operations(words: Iterable[str]) -> Iterable[Operation]:
    for word in words:
        if word == ALL:
            yield from Operation
            continue
        try:
            yield Operation(word)
        except ValueError:
            known = ", ".join(one.value for one in Operation)
            raise BadRights(f"{word} is no operation: write {known} or {ALL}") from None


def _prefix(written: str) -> str:
    if written == ALL:
        return EVERY_NUMBER
    if written == EVERY_NUMBER or not _PREFIX.fullmatch(written):
        raise BadRights(f"{written} is no prefix of numbers: write it as +4477, or {ALL}")
    return written
