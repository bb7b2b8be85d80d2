"""A command on a database that falls silent ends in words, in its time, and does nothing afterwards."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bare_node import NUMBER, ROOT, Done, Node
from sqlalchemy import text

from usnd.store.core.engine import engine_for

PROGRAM = """
import sys
from usnd.cli import common, main
common.PATIENCE = 2.0
main.app(sys.argv[1:])
"""


@pytest.fixture
def node(tmp_path: Path, request: pytest.FixtureRequest) -> Node:
    return Node(tmp_path, str(request.getfixturevalue("own_database")("template0"))).ready()


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """Somebody has begun that, and is in no hurry."""
    with engine_for(url).connect() as connection:
        connection.begin()
        connection.execute(text(statement))
        yield
        connection.rollback()


def hurried(node: Node, *words: str) -> Done:
    """As `node.command`, with little patience."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words, "--config", str(node.config)],
        capture_output=True, text=True, timeout=60, check=False, cwd=ROOT,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "statement", ["LOCK TABLE subscribers", "LOCK TABLE commit_mark", "LOCK TABLE alembic_version"]
)
@pytest.mark.parametrize("act", ["suspend", "remove"])
def test_it_ends_in_words_and_nothing_is_done_behind(node: Node, statement: str, act: str) -> None:
    assert node.command("subscriber", "add", NUMBER).status == 0
    before = node.command("subscriber", "list", "--json").out
    with held(node.url, statement):
        done = hurried(node, "subscriber", act, NUMBER)
        assert done.status == 1
        assert "the database did not answer within 2 s" in done.sentence
    assert node.command("subscriber", "list", "--json").out == before
    assert node.command("subscriber", act, NUMBER).status == 0
