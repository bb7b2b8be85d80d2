"""A PostgreSQL that hangs: whoever gives up connecting to it holds nothing of it, whatever they try."""

import gc
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from usnd.process.postgres_connection import connect
from usnd.store.core import engine, reader

_SECONDS = 2  # psycopg takes no less


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[tuple[Path, socket.socket]]:
    """The directory of its socket, at which nobody answers."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / ".s.PGSQL.5432"))
        listening.listen(8)
        listening.settimeout(20)
        yield tmp_path, listening


@pytest.fixture(autouse=True)
def no_collection() -> Iterator[None]:
    """As in a program that makes little garbage."""
    gc.disable()
    yield
    gc.enable()


def by_itself(place: Path) -> None:
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        connect(f"host={place} dbname=usn user=usnd", connect_timeout=_SECONDS)


def by_engine(make: Callable[[str], Engine], place: Path) -> None:
    with pytest.raises(OperationalError, match="timeout"):
        make(f"postgresql+psycopg://usnd@/usn?host={place}").connect()


@pytest.mark.parametrize(
    "give_up",
    [
        by_itself,
        partial(by_engine, engine.engine_for),
        partial(by_engine, lambda url: reader._engine(url, 1)),
    ],
    ids=["alone", "writer", "reader"],
)
def test_a_try_that_is_given_up_is_closed(
    hung: tuple[Path, socket.socket], give_up: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine.POSTGRESQL, "connect_timeout", _SECONDS)
    monkeypatch.setattr(reader, "_WAIT", _SECONDS)
    place, listening = hung
    give_up(place)
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(20)
        while connection.recv(4096):
            """What was asked before it was given up; then its end, or the test's own time is over."""


def test_what_is_refused_says_so_as_before(tmp_path: Path) -> None:
    with pytest.raises(psycopg.OperationalError, match="No such file"):
        connect(f"host={tmp_path} dbname=usn user=usnd")
