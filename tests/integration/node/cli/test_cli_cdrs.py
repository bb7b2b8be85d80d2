"""Proves that `usnd cdrs` shows people the last ones, and gives programs all, in bounded memory."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bare_node import ROOT, Node
from sqlalchemy import insert

from usnd.domain.conference.call import Direction, Role
from usnd.store.core.engine import engine_for
from usnd.store.schema import cdrs

MANY = 100_000
GROWTH = 40_000
"""Kilobytes: of a page of records, not of all: those take more than 100 MB."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    home = tmp_path_factory.mktemp("cdrs")
    return Node(home, f"sqlite:///{home}/usn.db").ready()


@pytest.fixture(scope="module")
def filled(node: Node) -> Node:
    """With a hundred thousand records, the first five of conference 7."""
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    row = {
        "subscriber_id": 1,
        "role": Role.PARTICIPANT,
        "direction": Direction.OUT,
        "cli": "+447700900001",
        "dnis": "+447700900002",
        "start": at,
        "answer": None,
        "stop": at,
        "outcome": "busy",
        "cause": 17,
        "recorded": False,
        "activation_pin": "",
        "trunk": "msc",
    }
    with engine_for(node.url).begin() as connection:
        for first in range(1, MANY, 10_000):
            numbers = range(first, first + 10_000)
            rows = [
                {**row, "sequence": n, "call_id": f"usn-{n}", "conference_id": 7 if n < 6 else 8}
                for n in numbers
            ]
            connection.execute(insert(cdrs), rows)
    return node


def sequences(out: str) -> list[int]:
    return [json.loads(line)["sequence"] for line in out.splitlines()]


def shown(out: str) -> list[int]:
    return [int(line.split()[0]) for line in out.splitlines()[1:]]


def test_people_see_the_last_ones_and_that_there_are_more(filled: Node) -> None:
    done = filled.command("cdrs")
    assert shown(done.out) == list(range(MANY - 19, MANY + 1))
    assert done.err == "not more than 20 are shown: see --limit, --after and --json\n"
    done = filled.command("cdrs", "--limit", "3")
    assert (shown(done.out), done.err) == ([MANY - 2, MANY - 1, MANY], "")
    done = filled.command("cdrs", "--conference", "7")
    assert (shown(done.out), done.err) == ([1, 2, 3, 4, 5], "")


def test_a_program_reads_on_from_what_it_knows(filled: Node) -> None:
    assert sequences(filled.command("cdrs", "--after", "4000", "--limit", "3", "--json").out) == [
        4001,
        4002,
        4003,
    ]
    assert sequences(filled.command("cdrs", "--limit", "2", "--json").out) == [MANY - 1, MANY]
    assert sequences(filled.command("cdrs", "--after", str(MANY - 1), "--json").out) == [MANY]
    assert filled.command("cdrs", "--after", str(MANY), "--json").out == ""
    assert sequences(filled.command("cdrs", "--conference", "7", "--after", "3", "--json").out) == [4, 5]
    assert filled.command("cdrs", "--limit", "10001").status == 2


def read(config: Path, *words: str) -> Iterator[str]:
    """The lines, and at last how many kilobytes the command had in memory at most."""
    command = "import resource,usnd.cli.main as m\ntry: m.main()\nfinally:\n"
    command += " print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    arguments = [sys.executable, "-c", command, "cdrs", "--config", str(config), "--json", *words]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield from process.stdout
    assert process.returncode == 0


def test_all_of_a_hundred_thousand_are_read_in_the_memory_of_a_page(filled: Node) -> None:
    *_, few = read(filled.config, "--after", str(MANY - 10))
    *lines, many = read(filled.config)
    assert sequences("".join(lines)) == list(range(1, MANY + 1))
    assert int(many) - int(few) < GROWTH, "it grew by more than a page of records"
