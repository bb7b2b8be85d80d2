"""Holds the lock of the operator's tools to what they ask of each other: only here are they installed."""

from pathlib import Path

from workbench.setup.locks import Lock, installed

LOCK = Path(__file__).parents[2] / "requirements-ops.txt"


def test_the_lock_names_every_extra_that_its_packages_ask_for() -> None:
    lock, found = Lock.read(LOCK.read_text()), installed()
    assert {"ansible-core", "ansible-lint", "molecule"} <= set(found)
    assert lock.lacking(found) == {}
