"""Proves by the command alone that a usage summary reaches a real destination, and what it prints of it."""

import csv
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bare_node import Done, Node
from billing.receiving import receiving

from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from workbench.docs.cdr_samples import CDR
from workbench.parts.receiver import Receiver
from workbench.release.pdf_libraries import environment

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
DAY = f"{NOON:%Y-%m-%d}"


class SummaryNode(Node):
    """With one destination of usage summaries, and none of CDRs."""

    receiver: Receiver

    @property
    def config(self) -> Path:
        path, to = super().config, self.receiver
        with path.open("a") as more:
            more.write(f'[billing]\ndirectory = "{self.home / "files"}"\n')
            more.write(f'[[summary_destination]]\nname = "revenue"\nhost = "{to.host}"\nport = {to.port}\n')
            more.write(f'user = "{to.user}"\nkey = "{to.key}"\nhost_key = "{to.host_key}"\n')
        return path

    def summary(self, *words: str) -> Done:
        return self.command("cdr", "summary", *words)

    def files(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.command("cdr", "files", "--json").out.splitlines()]


@pytest.fixture
async def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SummaryNode]:
    async with receiving(tmp_path, monkeypatch) as receiver:
        node = SummaryNode(tmp_path, f"sqlite:///{tmp_path}/usn.db")
        object.__setattr__(node, "receiver", receiver)
        node.ready()
        fill(node)
        yield node


def fill(node: Node) -> None:
    """Two calls of a subscriber whose name a spreadsheet could reckon with."""
    with engine_for(node.url).begin() as connection:
        tx = Transaction(connection)
        bob = tx.subscribers.add(CDR.cli, NOON)
        tx.subscribers.save_all([type(bob)(bob.id, bob.number, name="=Bob")], NOON)
        for number in range(2):
            times = {"start": NOON, "ringing": None, "answer": NOON}
            call = replace(CDR, call_id=f"usn-7-{number}", subscriber_id=bob.id, **times)
            tx.cdrs.add(replace(call, stop=NOON + timedelta(seconds=30)))


async def test_a_summary_is_looked_at_then_made_and_sent(
    node: SummaryNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    looked_at = node.summary("--dry-run", "--date", DAY)
    assert looked_at.status == 0, looked_at.err
    rows = list(csv.reader(looked_at.out.splitlines()))
    assert rows[0][:5] == ["U", "1", "preview", "0", DAY]
    assert ["R", "1", CDR.cli, "'=Bob", "1", "0", "2", "2", "0.000", "60.000", "0", "0", "0"] in rows
    assert node.files() == [], "nothing was made"
    whole = [json.loads(line) for line in node.summary("--dry-run", "--date", DAY, "--json").out.splitlines()]
    assert [one["line"] for one in whole] == ["summary", "subscriber"]
    assert (whole[0]["records"], whole[1]["name"], whole[1]["out_ms"]) == (2, "=Bob", 60_000)
    sent = node.summary("--date", DAY)
    assert sent.status == 0, sent.err
    made = node.files()[:2]  # that of yesterday may be due by now
    assert [(one["state"], one["file"], one["records"]) for one in made] == [
        ("confirmed", 1, 2),
        ("confirmed", 2, 2),
    ]
    there = [node.receiver.inbox / str(one["name"]) for one in made]
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in there] == [
        one["sha256"] for one in made
    ]
    assert there[1].read_bytes().startswith(b"%PDF-")
    kept = node.summary("--dry-run", "--date", DAY).out.splitlines()
    assert kept[1:-1] == there[0].read_text().splitlines()[1:-1]
    there[0].unlink()
    said = node.command("cdr", "resend", "revenue", "1").out
    assert said == f"{there[0].name} is sent at the next export: `usnd cdr summary` does it now\n"
    assert node.summary().status == 0
    assert there[0].exists()


async def test_what_cannot_be_is_said(node: SummaryNode) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert node.summary("--date", today).sentence.startswith(f"{today} is not over in UTC")
    assert node.summary("--json").sentence.startswith("--json needs --dry-run")
    assert node.files() == []


def test_without_a_destination_nothing_is_sent_but_all_can_be_looked_at(tmp_path: Path) -> None:
    node = Node(tmp_path, f"sqlite:///{tmp_path}/usn.db").ready()
    assert node.command("cdr", "summary").out == (
        "no [[summary_destination]] is configured: nothing is sent. --dry-run prints a summary\n"
    )
    fill(node)
    assert "'=Bob" in node.command("cdr", "summary", "--dry-run", "--date", DAY).out
    assert node.command("cdr", "summary", "--dry-run").out.startswith("U,1,preview,0,")
