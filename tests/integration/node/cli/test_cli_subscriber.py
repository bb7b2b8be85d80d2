"""Proves what an operator sees of `usnd subscriber`: what is set, listed, refused, and who changed what."""

import asyncio
import json
import os
import pty
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from bare_node import NUMBER, ROOT, Node

from usnd.cli.common import asker
from usnd.control.answers import Answer, Done
from usnd.control.requests import End, Request, socket_of
from usnd.control.rights import table_here
from usnd.control.server import ControlServer
from usnd.domain.conference.model import LaunchPlan, Participant, Rules
from usnd.domain.conference.transitions import launch
from usnd.domain.subscribers.attributes import ATTRIBUTES
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from workbench.parts.process import until

OTHER = "+447700900002"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path, f"sqlite:///{tmp_path}/usn.db").ready()


def shown(node: Node, number: str = NUMBER) -> dict[str, object]:
    found: dict[str, object] = json.loads(node.command("subscriber", "show", number, "--json").out)
    return found


def test_a_subscriber_is_suspended_resumed_and_removed(node: Node) -> None:
    node.command("subscriber", "add", NUMBER)
    done = node.command("subscriber", "suspend", "07700 900001")
    assert (done.status, done.out) == (0, f"{NUMBER} suspended\n")
    assert node.command("subscriber", "suspend", NUMBER).out == f"{NUMBER} is suspended already\n"
    assert json.loads(node.command("subscriber", "list", "--json").out)["suspended"] is True
    assert node.command("subscriber", "resume", NUMBER).out == f"{NUMBER} resumed\n"
    assert node.command("subscriber", "resume", NUMBER).out == f"{NUMBER} is not suspended\n"
    whole = (
        "  0 users, 0 groups, 0 stored conferences, 0 PINs, 0 ended conferences\n"
        "its call detail records and recordings stay\n"
    )
    plan = node.command("subscriber", "remove", NUMBER, "--dry-run").out
    assert plan == f"{NUMBER} would be removed, with\n{whole}"
    assert node.command("subscriber", "remove", NUMBER).out == f"{NUMBER} removed, with\n{whole}"
    for words in (("suspend",), ("resume",), ("remove",), ("pins",), ("set", "--press-one")):
        done = node.command("subscriber", *words, NUMBER)
        assert done.sentence == f"{NUMBER} is not registered: usnd subscriber add {NUMBER}"
        assert done.status == 1
    assert node.command("subscriber", "set", NUMBER, "--language", "eng").status == 2


def test_all_attributes_are_set_shown_and_taken_back(node: Node) -> None:
    given = {
        "--name": "Zoë O'Neill",
        "--email": "zoe@example.com",
        "--language": "fr",
        "--time-zone": "Europe/London",
        "--minutes": "600",
        "--participants": "12",
        "--away": "90",
        "--call-backs": "0",
    }
    words = [word for pair in given.items() for word in pair]
    assert node.command("subscriber", "add", NUMBER, *words, "--press-one", "--call-texts").status == 0
    found = shown(node)
    plain = {"minutes": 600, "participants": 12, "away": 90, "call_backs": 0}
    flags = {"press_one": True, "call_texts": True}
    written = {"name": "Zoë O'Neill", "email": "zoe@example.com", "language": "fr"}
    wanted = {**plain, **flags, **written, "time_zone": "Europe/London", "number": NUMBER}
    assert wanted.items() <= found.items()
    table = node.command("subscriber", "show", NUMBER).out
    assert "Europe/London" in table
    assert "created" in table
    words = [word for option in given for word in (option, "default")]
    words += ["--press-one", "default", "--call-texts", "default"]
    done = node.command("subscriber", "set", NUMBER, *words)
    assert done.out == f"{NUMBER} changed\n"
    for again in (words, []):
        assert node.command("subscriber", "set", NUMBER, *again).out == f"{NUMBER} is so already\n"
    unset = dict.fromkeys(("name", "email", "time_zone", "minutes", "participants", "away", "call_backs"), "")
    assert {**unset, "language": "en", "press_one": False, "call_texts": False}.items() <= shown(node).items()


def test_a_switch_is_set_with_and_without_a_word(node: Node) -> None:
    node.command("subscriber", "add", NUMBER, "--press-one")
    assert shown(node)["press_one"] is True
    node.command("subscriber", "set", "--no-press-one", NUMBER, "--call-texts", "true")
    assert (shown(node)["press_one"], shown(node)["call_texts"]) == (False, True)
    told = " ".join(node.command("subscriber", "set", "--help").out.split())
    assert told.count("`default`: ") == len(ATTRIBUTES)
    assert "`default`: as the node says. Alone it is true; `--no-press-one` is false." in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--participants", "0"), '--participants: "0" is not taken: write a whole number from 1 to 1000'),
        (
            ("--minutes", "0"),
            (
                '--minutes: "0" is not taken: write a whole number from 1 to 10000000, or nothing: then '
                "there is no limit. `--minutes default`: no limit"
            ),
        ),
        (("--press-one", "yes"), '--press-one: "yes" is neither true nor false: write true or false'),
        (("--email", "zoe"), "--email: it is no mail address: write one mail address, as ann@example.com"),
        (("--time-zone", "Europe/Londres"), "--time-zone: Europe/Londres is not among the time zones"),
        (("--name", "A\u202eB"), "--name: there is a character in it that is not seen"),
        (("--language", "zz"), '--language: "zz" is not taken: write a language of this node: de, en, '),
    ],
)
def test_what_cannot_be_set_is_refused_by_its_option(
    node: Node, words: tuple[str, ...], sentence: str
) -> None:
    node.command("subscriber", "add", NUMBER)
    refused = node.command("subscriber", "set", NUMBER, *words)
    assert refused.sentence.startswith(sentence)
    assert refused.status == 2
    assert refused.err.strip().isprintable()


def test_to_add_somebody_again_with_other_values_is_refused(node: Node) -> None:
    node.command("subscriber", "add", NUMBER)
    again = node.command("subscriber", "add", NUMBER, "--name", "Zoe")
    assert "was not changed: change it with `usnd subscriber set`" in again.sentence
    assert again.status == 1
    assert shown(node)["name"] == ""


def test_a_number_that_is_read_otherwise_must_be_confirmed_before_it_is_removed(node: Node) -> None:
    node.command("subscriber", "add", NUMBER)
    refused = node.command("subscriber", "remove", "07700 900001")
    assert refused.sentence == (
        f"07700 900001 is read as {NUMBER}: if it is meant, write it so, or say --yes"
    )
    assert node.command("subscriber", "remove", "07700 900001", "--dry-run").status == 0
    assert asked(node, "n") == f"07700 900001 is read as {NUMBER}. Remove it? [y/N]"
    assert shown(node)["number"] == NUMBER
    assert asked(node, "y") == f"07700 900001 is read as {NUMBER}. Remove it? [y/N]"
    assert node.command("subscriber", "list").out == "none\n"
    node.command("subscriber", "add", NUMBER)
    assert node.command("subscriber", "remove", "07700 900001", "--yes").status == 0


def asked(node: Node, answer: str) -> str:
    """What a person at a terminal is asked."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "usnd", "subscriber", "remove", "07700 900001"]
    try:
        os.write(ours, f"{answer}\n".encode())
        done = subprocess.run(
            [*command, "--config", str(node.config)],
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return done.stdout.splitlines()[0].partition(":")[0]


def test_the_list_is_paged_by_number(node: Node) -> None:
    for number in (OTHER, NUMBER):
        node.command("subscriber", "add", number)
    rows = [json.loads(line) for line in node.command("subscriber", "list", "--json").out.splitlines()]
    assert [row["number"] for row in rows] == [NUMBER, OTHER]
    behind = node.command("subscriber", "list", "--after", "07700 900001", "--json").out
    assert json.loads(behind)["number"] == OTHER
    first = node.command("subscriber", "list", "--limit", "1")
    assert NUMBER in first.out
    assert OTHER not in first.out
    assert node.command("subscriber", "list", "--changed-since", "2099-01-01").out == "none\n"
    assert OTHER in node.command("subscriber", "list", "--changed-since", "2020-01-01T00:00:00+01:00").out
    wrong = node.command("subscriber", "list", "--changed-since", "yesterday")
    assert "yesterday is no time: write it as 2026-03-01T12:00" in wrong.sentence


def test_who_changed_what_is_told_and_waits_for_a_crm(node: Node) -> None:
    node.command("subscriber", "add", NUMBER)
    node.command("subscriber", "set", NUMBER, "--minutes", "60", "--call-texts")
    node.command("subscriber", "remove", NUMBER)
    made = [*map(json.loads, node.command("subscriber", "history", NUMBER, "--json").out.splitlines())]
    assert [row["what"] for row in made] == ["created", "changed", "deleted"]
    assert [row["attributes"] for row in made] == ["", "minutes call_texts", ""]
    assert {row["by"] for row in made} == {asker()}
    waiting = node.command("subscriber", "changes")
    heads = ["change", "at", "number", "what", "attributes", "by", "taken"]
    assert waiting.out.splitlines()[0].split() == heads
    assert len(waiting.out.splitlines()) == 4
    few = node.command("subscriber", "changes", "--limit", "1")
    assert "1 of 3 are shown: see --limit" in few.err
    assert node.command("subscriber", "show", NUMBER).sentence == (
        f"{NUMBER} is not registered: usnd subscriber add {NUMBER}"
    )


def test_nothing_that_turns_a_line_reaches_the_terminal(node: Node) -> None:
    node.command("subscriber", "add", NUMBER)
    refused = node.command("subscriber", "show", "+44\u202e7700\x1b[31m")
    assert refused.status == 2
    assert refused.err.strip().isprintable()


# A conference that runs -------------------------------------------------------------------------------------


async def with_conference(node: Node) -> None:
    """Number has a live conference, 7."""
    now = datetime.now(UTC)

    def launched(tx: Transaction) -> None:
        owner = tx.subscribers.by_number(NUMBER) or tx.subscribers.add(NUMBER, now)
        step = launch(7, LaunchPlan(owner.id, NUMBER, (Participant(OTHER, ""),)), Rules(), now)
        tx.conferences.add([(step.conference, None)])

    store = Store.open(node.url)
    await store.run(launched)
    await store.close()


def with_runtime(node: Node, runtime: Path) -> Path:
    path = node.config
    path.write_text(path.read_text().replace("[node]", f'[node]\nruntime = "{runtime}"'))
    return path


async def test_a_conference_goes_on_and_is_named_unless_it_shall_end(node: Node) -> None:
    await with_conference(node)
    done = await asyncio.to_thread(node.command, "subscriber", "suspend", NUMBER)
    assert done.out == (
        f"{NUMBER} suspended\nconference 7 is still running: `usnd conference end 7` ends it\n"
    )
    refused = await asyncio.to_thread(node.command, "subscriber", "remove", NUMBER)
    assert refused.sentence == (
        f"{NUMBER} has a running conference: end it first with `usnd conference end 7`"
    )


async def test_the_running_usnd_is_asked_to_end_it(node: Node) -> None:
    asked: list[Request] = []

    async def act(request: Request, by: str) -> Answer:
        asked.append(request)
        return Done(said="conference 7 is ending", conference=7)

    await with_conference(node)
    with tempfile.TemporaryDirectory() as runtime:  # the path of a socket is short
        config = with_runtime(node, Path(runtime))
        words = ("subscriber", "suspend", NUMBER, "--end-conference")
        alone = await asyncio.to_thread(partial(node.command, *words, config=config))
        assert alone.status == 1
        assert alone.out == f"{NUMBER} suspended\n"
        assert "conference 7 was not ended: usnd is not running" in alone.err
        assert "Once usnd runs, end it with `usnd conference end 7`" in alone.err
        server = ControlServer(socket_of(Path(runtime)), act, table_here(None))
        running = asyncio.create_task(server.run(RuntimeDirectory()))
        assert await until(socket_of(Path(runtime)).exists, 5, 0.01)
        done = await asyncio.to_thread(partial(node.command, *words, config=config))
        running.cancel()
        await asyncio.wait({running})
    assert done.out == f"{NUMBER} is suspended already\nconference 7 is ending\n"
    assert asked == [End(conference=7)]
