"""Whether the database is to blame for what ended the daemon's parts, and in which words."""

import sqlite3

from sqlalchemy.exc import IntegrityError, OperationalError

from usnd.store.core.trouble import sentence_of_all

URL = "sqlite:////srv/usn.db"
GONE = OperationalError("SELECT", {}, sqlite3.OperationalError("no such table: commit_mark"))
LOCKED = sqlite3.OperationalError("database is locked")
TWICE = IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed"))


def test_the_first_of_what_the_database_said_is_told() -> None:
    parts = ExceptionGroup("parts", [ExceptionGroup("inner", [GONE]), LOCKED])
    said = sentence_of_all(URL, parts)
    assert said is not None
    assert said.startswith("the database file /srv/usn.db cannot be used (no such table: commit_mark)")


def test_what_the_driver_says_by_itself_is_told_too() -> None:
    said = sentence_of_all(URL, ExceptionGroup("parts", [LOCKED]))
    assert said is not None
    assert said.endswith("another program holds it: end that one, or try again")


def test_a_fault_of_ours_is_not_put_down_to_the_database() -> None:
    assert sentence_of_all(URL, ExceptionGroup("parts", [TWICE])) is None
    assert sentence_of_all(URL, ExceptionGroup("parts", [GONE, TWICE])) is None
