"""Proves what an operator sees of `usnd`: one sentence with what to do for each trouble."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from bare_node import NOBODY, NUMBER, ROOT, Node, usnd

from workbench.parts.postgres import Postgres, Programs

NOT_OPENED = "the database file {} cannot be used (unable to open database file): "
MAKE_DIRECTORY = ": make its directory, with the right to write in it, or change [store] url"
START_IT = "Connection refused): see that PostgreSQL runs and that [store] url is right"
COMMANDS = (
    ("run",),
    ("check-config",),
    ("db", "upgrade"),
    ("subscriber", "add"),
    ("subscriber", "set"),
    ("subscriber", "show"),
    ("subscriber", "list"),
    ("subscriber", "history"),
    ("subscriber", "changes"),
    ("subscriber", "suspend"),
    ("subscriber", "resume"),
    ("subscriber", "remove"),
    ("conferences",),
    ("conference",),
    ("conference", "launch"),
    ("conference", "end"),
    ("cdr",),
    ("cdr", "list"),
    ("cdr", "explain"),
    ("cdr", "files"),
    ("cdr", "export"),
    ("cdr", "resend"),
    ("cdr", "verify"),
    ("cdr", "asn1"),
    ("cdr", "show"),
    ("cdrs",),
)


# Use --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), *COMMANDS])
def test_every_help_has_an_example_that_begins_as_it_is_typed(words: tuple[str, ...]) -> None:
    done = usnd(*words, "--help", environment={"COLUMNS": "100"})
    assert done.status == 0
    example = done.out[done.out.index("Example") :]
    assert f"usnd {' '.join(words)}" in " ".join(example.split())


def test_the_first_steps_of_an_operator(node: Node) -> None:
    assert node.command("db", "upgrade").out.endswith(", was empty\n")
    assert node.command("db", "upgrade").out.endswith(" (was already)\n")
    assert node.command("subscriber", "add", "07700 900001").out == f"{NUMBER} registered\n"
    assert node.command("subscriber", "add", NUMBER).out == f"{NUMBER} is registered already\n"
    assert node.command("subscriber", "list").out == (
        "id  number         suspended  language  call_texts  press_one  minutes  name\n"
        f" 1  {NUMBER}  no         en        no          no\n"
    )
    assert json.loads(node.command("subscriber", "list", "--json").out)["number"] == NUMBER
    assert node.command("cdrs").out == "none\n"
    assert node.command("cdrs", "--json").out == ""
    assert node.command("conferences").out == "none\n"
    assert (
        node.command("check-config").out == f"{node.config}: good. SMSC binds: first. Asterisk: 127.0.0.1.\n"
    )


def test_a_table_is_whole_on_a_terminal_of_40_columns(node: Node) -> None:
    node.ready().command("subscriber", "add", NUMBER)
    ours, theirs = pty.openpty()
    try:
        command = [sys.executable, "-m", "usnd", "subscriber", "list", "--config", str(node.config)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "20"}
        subprocess.run(command, stdout=theirs, check=True, timeout=240, env=environment)
        assert f" 1  {NUMBER}  no         en        no          no\r\n" in os.read(ours, 4096).decode()
    finally:
        os.close(ours)
        os.close(theirs)


async def test_commands_at_the_same_time_do_not_refuse_each_other(node: Node) -> None:
    node.ready()
    numbers = [f"+4477009001{last:02}" for last in range(6)]
    done = await asyncio.gather(
        *(asyncio.to_thread(node.command, "subscriber", "add", number) for number in numbers)
    )
    assert [each.err for each in done] == [""] * len(numbers)
    listed = node.command("subscriber", "list", "--json").out.splitlines()
    assert sorted(json.loads(line)["number"] for line in listed) == numbers


# What is wrong with a command or the configuration: 2 -------------------------------------------------------


@pytest.mark.parametrize("words", [("run",), ("cdrs",), ("db", "upgrade"), ("check-config",)])
def test_a_missing_configuration(node: Node, words: tuple[str, ...]) -> None:
    done = node.command(*words, config=node.home / "none.toml")
    assert done.sentence.endswith(
        "none.toml: there is no such file: name yours with --config or in USND_CONFIG"
    )
    assert done.status == 2


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ("[asterisk]", "[asterisk]\nsecrt = 1", "asterisk: secrt is not known here; known are: port, host, "),
        ('name = "first"', "name = 1", "smsc number 1, name: write a name of small letters"),
        ("[log]", "[log", "not TOML: "),
    ],
)
def test_a_wrong_configuration(node: Node, was: str, now: str, words: str) -> None:
    path = node.config
    path.write_text(path.read_text().replace(was, now))
    done = usnd("run", "--config", str(path))
    assert done.sentence.startswith(f"{path}: {words}")
    assert done.status == 2


@pytest.mark.parametrize("number", ["12", "alfa", "+44 7700", "1800FLOWERS"])
def test_a_bad_number(node: Node, number: str) -> None:
    done = node.ready().command("subscriber", "add", number)
    assert done.sentence == (
        f"{number} is not a phone number of GB or an international one: "
        "write it as +447400123456 or as it is dialled"
    )
    assert done.status == 2


# What is wrong with the database: 1 -------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("run",), ("cdrs",), ("subscriber", "add", NUMBER)])
def test_a_database_that_is_not_upgraded(node: Node, words: tuple[str, ...]) -> None:
    done = node.command(*words)
    assert done.sentence == "the database is not at this release: run `usnd db upgrade` first"
    assert done.status == 1


@pytest.mark.slow
async def test_a_standby_sends_to_the_active_at_once(programs: Programs, tmp_path: Path) -> None:
    async with Postgres(programs, "standby") as standby:
        node = Node(tmp_path, standby.url()).ready()
        (standby.home / "data" / "standby.signal").touch()
        await standby.restart()
        for words in (("conferences",), ("subscriber", "add", NUMBER)):
            done = node.command(*words)
            assert done.sentence.startswith("this server is the standby: run this on the active one")
            assert done.status == 1


def test_what_the_database_is(node: Node) -> None:
    assert '"database": "", "release": "' in node.command("db", "status", "--json").out
    assert '"usable": true' in node.ready().command("db", "status", "--json").out


@pytest.mark.parametrize("words", [("run",), ("cdrs",), ("db", "upgrade")])
@pytest.mark.parametrize(
    ("url", "what", "advice"),
    [
        ("sqlite:////none/usn.db", NOT_OPENED.format("/none/usn.db"), MAKE_DIRECTORY),
        (f"postgresql+psycopg://usnd:hush@127.0.0.1:{NOBODY}/usnd", "the database cannot be used", START_IT),
    ],
)
def test_a_database_out_of_reach(
    node: Node, words: tuple[str, ...], url: str, what: str, advice: str
) -> None:
    done = Node(node.home, url).command(*words)
    assert done.sentence.startswith(what)
    assert done.sentence.endswith(advice)
    assert done.status == 1


@pytest.mark.parametrize(
    ("host", "why"),
    [("127.0.0.1:port", "behind the host's colon there is no port"), ("[::1", "between [ and ]")],
)
def test_a_host_that_is_none_is_refused_with_its_key_and_without_the_password(
    node: Node, host: str, why: str
) -> None:
    done = Node(node.home, f"postgresql+psycopg://usnd:hush@{host}/usnd").command("cdrs")
    assert "store.url: " in done.sentence
    assert f"{why}: write" in done.sentence
    assert "hush" not in done.sentence
    assert done.status == 2


def test_a_database_file_that_cannot_be_made(node: Node) -> None:
    done = Node(node.home, "sqlite:////proc/usn.db").command("db", "upgrade")  # not even root can
    assert done.sentence.startswith(NOT_OPENED.format("/proc/usn.db"))
    assert done.sentence.endswith(MAKE_DIRECTORY)
    assert done.status == 1


def test_a_file_that_is_no_database(node: Node) -> None:
    path = node.home / "usn.db"
    path.write_text("the shopping list\n" * 100)
    done = node.command("cdrs")
    assert done.sentence == (
        f"the database file {path} cannot be used (file is not a database): "
        "[store] url must name a database or a file that does not exist yet"
    )
    assert done.status == 1
    assert path.read_text().startswith("the shopping list")
