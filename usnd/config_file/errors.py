"""What an operator is told when the configuration is refused: where, what is wrong, what to write instead.

config/load.py and pair/config.py call it. It has the words for each type of value, and knows no setting
by name: it reads the types that it is given.
"""

import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from usnd.domain.network.hosts import Host, HostAddress, Network, OwnAddress, Unusable

WORDS = "in_words"
"""The key in `Meta(extra=…)` of the words for a type that needs its own."""

_CUSTOM = {
    Host: 'a host name or an address in quotes, as "192.0.2.20"',
    HostAddress: 'the address of a host in quotes, as "192.0.2.20"',
    Network: 'an address or a network in quotes, as "192.0.2.20" or "192.0.2.0/28"',
    OwnAddress: 'an address of this server in quotes, as "192.0.2.212"',
    Path: 'a whole path in quotes, as "/var/lib/usn"',
}


def in_words(error: msgspec.ValidationError, root: type) -> str:
    """What is wrong, for a configuration that is to become a `root`.

    Takes from the library's "Expected `int`, got `str` - at `$.smsc[0].port`" the place, and from the type
    that belongs there what to write. Repeats no value, which may be a secret, but of hosts and paths.
    """
    problem, _, place = str(error).partition(" - at `")
    where = place.rstrip("`").removeprefix("$").lstrip(".")
    section = _named(where) or "the file"
    if isinstance(error.__cause__, Unusable):
        return f"{section}: {error.__cause__}"
    if unknown := re.search("contains unknown field `(.*)`", problem):
        keys = ", ".join(field.encode_name for field in _type_at(root, where).fields)
        return f"{section}: {unknown[1]} is not known here; known are: {keys}"
    if missing := re.search("missing required field `(.*)`", problem):
        return f"{section}: {missing[1]} is missing"
    return f"{section}: write {_expected(_type_at(root, where))}"


def _named(place: str) -> str:
    """`smsc[0].port` as an operator counts: smsc number 1, port."""
    counted = re.sub(r"\[(\d+)\]", lambda found: f" number {int(found[1]) + 1}", place)
    return re.sub(r"(?<= number )(\d+)\.", r"\1, ", counted)


def _type_at(root: type, place: str) -> Any:
    """The library's description of what belongs at a place, `smsc[0].port`: it has no type in common."""
    kind: Any = inspect.type_info(root)
    for step in re.findall(r"[a-z_]+|\[", place):
        while isinstance(kind, inspect.Metadata):
            kind = kind.type
        if step == "[":
            kind = kind.item_type
        else:
            kind = next(field.type for field in kind.fields if field.encode_name == step)
    return kind


def _expected(kind: inspect.Type) -> str:
    """What to write there."""
    match kind:
        case inspect.Metadata(type=inner, extra=extra):
            return str(extra[WORDS]) if extra and WORDS in extra else _expected(inner)
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(f'"{value}"' for value in sorted(map(str, values)))
        case inspect.BoolType():
            return "true or false, without quotes"
        case inspect.IntType(ge=least, le=most):
            return f"a whole number from {least} to {most}, without quotes"
        case inspect.FloatType(gt=None, ge=least, le=most):
            return f"a number from {least} to {most}, without quotes"
        case inspect.FloatType(gt=least, le=most):
            return f"a number above {least} and up to {most}, without quotes"
        case inspect.StrType(max_length=int(longest)):
            return f"a text in quotes, at most {longest} characters"
        case inspect.CustomType(cls=cls) if cls in _CUSTOM:
            return _CUSTOM[cls]
        case _:
            return _expected_of_several(kind)


def _expected_of_several(kind: inspect.Type) -> str:
    match kind:
        case inspect.VarTupleType(item_type=inspect.StructType(), min_length=least, max_length=most):
            return f"each as a section of its own, [[…]] with two brackets, {least or 0} to {most} of them"
        case inspect.VarTupleType(item_type=item, max_length=most):
            return f"a list in [ ] of at most {most}, each {_expected(item)}"
        case inspect.UnionType(types=(*others, inspect.NoneType())):
            return _expected(others[0])
        case inspect.StructType():
            return "a section, […] with its keys below"
        case _:
            return "a text in quotes, not empty"
