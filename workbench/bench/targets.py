"""The table of a bench: each target, what was found, and whether it was held."""

import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One line of the table. `found` is what `held` was judged by."""

    what: str
    found: str
    wanted: str
    held: bool


def say(what: str) -> None:
    """A line of progress."""
    print(time.strftime("%H:%M:%S"), what, flush=True)


def table(targets: Sequence[Target]) -> str:
    """For people, in the order of their names."""
    rows = sorted(targets, key=lambda target: target.what)
    return "\n".join(
        f"{row.what:34} {row.found:38} {row.wanted:10} {'held' if row.held else 'NOT HELD'}" for row in rows
    )
