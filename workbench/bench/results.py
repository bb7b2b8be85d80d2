"""Where benches leave their figures: machine-readable, under build/bench/; and what they print of them."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("build/bench")


def write_result(name: str, result: Mapping[str, object]) -> str:
    """Writes build/bench/`name`.json; gives its text."""
    text = json.dumps(result, indent=1) + "\n"
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(text)
    return text


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
