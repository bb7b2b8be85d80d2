"""One lab for all tests of it."""

import os
from collections.abc import Iterator

import pytest

from workbench.lab import __main__ as lab
from workbench.parts.process import PartError


def is_up() -> bool:
    try:
        lab.ask("status")
    except PartError:
        return False
    return True


@pytest.fixture(scope="session")
def pair() -> Iterator[None]:
    """A pair: that of a lab that is up, which stays so; else from bare servers, or a former lab's."""
    if is_up():
        yield
        return
    lab.up(bare="LAB_BARE" in os.environ)
    try:
        yield
    finally:
        lab.down()
