"""Proves by the command alone that a subscriber is erased when that is meant, and only then."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from bare_node import NUMBER, Done, Node

from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from workbench.docs.cdr_samples import CDR

KEY = f'[provisioning]\ncredential_key = "{"ab" * 32}"\n'


@pytest.fixture
def node(tmp_path: Path) -> Node:
    node = Node(tmp_path, f"sqlite:///{tmp_path}/usn.db").ready()
    node.command("subscriber", "add", NUMBER)
    with engine_for(node.url).begin() as connection:
        Transaction(connection).cdrs.add(replace(CDR, subscriber_id=1, cli=NUMBER))
    return node


def erase(node: Node, *words: str, settings: str = KEY) -> Done:
    config = node.config
    own = config.with_name("own.toml")
    own.write_text(config.read_text() + settings)
    return node.command("subscriber", "erase", NUMBER, *words, config=own)


def test_it_is_said_first_and_done_when_it_is_meant(node: Node) -> None:
    said = erase(node).out
    assert said.startswith(f"{NUMBER} is registered\n  0 recordings would go")
    assert said.endswith("nothing was changed: --yes does it\n")
    assert node.command("subscriber", "list").out != "none\n"
    done = erase(node, "--yes")
    assert (done.status, done.out.splitlines()[0]) == (0, f"{NUMBER} is erased")
    assert "1 CDRs have pseudonyms" in done.out
    assert "2 changes keep the number until the CRM has polled them" in done.out, "added, and removed"
    assert node.command("subscriber", "list").out == "none\n"
    (cdr,) = map(json.loads, node.command("cdr", "list", "--json").out.splitlines())
    assert str(cdr["cli"]).startswith("+999")
    assert erase(node).out.startswith(f"{NUMBER} is not registered\n")


def test_without_the_nodes_key_nothing_is_done(node: Node) -> None:
    done = erase(node, "--yes", settings="")
    assert done.status == 2
    assert done.sentence == "provisioning.credential_key is not set: pseudonyms are made with it"
    assert node.command("subscriber", "list").out != "none\n"


def test_what_is_not_delivered_holds_it_up(node: Node) -> None:
    host_key = "ssh-ed25519 " + "A" * 68
    to = (
        f'[billing]\ndirectory = "{node.home}"\n[[cdr_destination]]\nname = "mediation"\n'
        'host = "192.0.2.50"\n'
        f'user = "usn"\nkey = "{node.home}/key"\nhost_key = "{host_key}"\n'
    )
    done = erase(node, "--yes", settings=KEY + to)
    assert done.status == 1
    assert done.sentence.startswith(f"1 CDRs with {NUMBER} are not confirmed by all destinations yet")
