"""Proves that who only reads can do nothing else, comes back after a loss, and never waits long."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from usnd.store.core.engine import engine_for
from usnd.store.core.reader import LONGEST, Reader, StoreAway
from usnd.store.core.transaction import Transaction

NUMBER = "+447700900001"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Admin = Callable[[str, str], list[Any]]


def add(url: str, number: str = NUMBER) -> None:
    with engine_for(url).connect() as connection, connection.begin():
        Transaction(connection).subscribers.add(number, NOW)


def find(tx: Transaction) -> bool:
    return tx.subscribers.by_number(NUMBER) is not None


@pytest.fixture
def reader(url: str) -> Iterator[Reader]:
    made = Reader(url, 2)
    yield made
    made.close()


def test_it_reads_what_is_committed(reader: Reader, url: str) -> None:
    assert not reader.read(find)
    add(url)
    assert reader.read(find)


def test_it_cannot_write(reader: Reader) -> None:
    with pytest.raises((StoreAway, DBAPIError)):
        reader.read(lambda tx: tx.subscribers.add(NUMBER, NOW))
    assert not reader.read(find)


def test_it_waits_for_no_writer(reader: Reader, url: str) -> None:
    with engine_for(url).connect() as connection, connection.begin():
        Transaction(connection).subscribers.add(NUMBER, NOW)
        assert not reader.read(find), "what is not committed is not there"


def test_who_finds_no_connection_is_told_so(reader: Reader) -> None:
    gate, inside = threading.Event(), threading.Semaphore(0)

    def stay(tx: Transaction) -> None:
        tx.ask()
        inside.release()
        assert gate.wait(30)

    stuck = [threading.Thread(target=reader.read, args=(stay,)) for _ in range(2)]
    for one in stuck:
        one.start()
    for _ in stuck:
        assert inside.acquire(timeout=20)
    with pytest.raises(StoreAway):
        reader.read(find)
    gate.set()
    for one in stuck:
        one.join()
    assert not reader.read(find)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_lost_connection_is_made_again(reader: Reader, url: str, admin: Admin) -> None:
    assert not reader.read(find)
    admin(
        url,
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        " and datname = current_database()",
    )
    assert not reader.read(find)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_statement_without_end_is_ended(reader: Reader) -> None:
    with pytest.raises(StoreAway):
        reader.read(lambda tx: tx.execute(text("select pg_sleep(60)")).all())


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_server_that_says_nothing_is_awaited_ten_seconds(reader: Reader, url: str, admin: Admin) -> None:
    assert not reader.read(find)
    theirs = "select pid from pg_stat_activity where backend_type = 'client backend'"
    pids = [pid for (pid,) in admin(url, theirs)]
    status = Path(f"/proc/{pids[0]}/status").read_text()
    pids.append(int(status.partition("PPid:")[2].split()[0]))
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        with pytest.raises(StoreAway):
            reader.read(find)
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    assert time.monotonic() - began < LONGEST + 1
    assert not reader.read(find)


def test_a_database_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="SQLite and PostgreSQL"):
        Reader("mysql+pymysql://u@h/d", 1)
    away = Reader("postgresql+psycopg://u:p@127.0.0.1:9/d", 1)
    with pytest.raises(StoreAway):
        away.read(find)
