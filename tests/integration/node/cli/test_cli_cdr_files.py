"""Proves by the command alone that an hour's file reaches a real destination, and what is said of it."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bare_node import Done, Node, usnd
from billing.receiving import receiving

from usnd.domain.billing.fields import LAYOUT
from usnd.domain.billing.formats import FORMATS
from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from workbench.docs.cdr_samples import CDR
from workbench.parts.receiver import Receiver


class BillingNode(Node):
    """With one destination."""

    receiver: Receiver
    format: str = "csv"

    @property
    def config(self) -> Path:
        path = super().config
        to = self.home / "files"
        with path.open("a") as more:
            more.write(
                f'[billing]\ndirectory = "{to}"\nnode = "usn-a"\n'
                f'switch_log = "{self.home}/legs"\n[[cdr_destination]]\nname = "mediation"\n'
            )
            more.write(
                f'host = "{self.receiver.host}"\nport = {self.receiver.port}\nuser = "{self.receiver.user}"\n'
            )
            more.write(f'format = "{self.format}"\nnode_address = "192.0.2.1"\n')
            more.write(f'key = "{self.receiver.key}"\nhost_key = "{self.receiver.host_key}"\n')
        return path


@pytest.fixture
async def node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[BillingNode]:
    async with receiving(tmp_path, monkeypatch) as receiver:
        node = BillingNode(tmp_path, f"sqlite:///{tmp_path}/usn.db")
        object.__setattr__(node, "receiver", receiver)
        object.__setattr__(node, "format", getattr(request, "param", "csv"))
        node.ready()
        with engine_for(node.url).begin() as connection:
            for number in range(3):
                Transaction(connection).cdrs.add(replace(CDR, call_id=f"usn-7-{number}"))
        yield node


def cdr(node: BillingNode, *words: str) -> Done:
    return node.command("cdr", *words)


def files(node: BillingNode) -> list[dict[str, object]]:
    return [json.loads(line) for line in cdr(node, "files", "--json").out.splitlines()]


@pytest.mark.parametrize("node", FORMATS, indirect=True)
async def test_an_hour_is_exported_looked_at_and_sent_again(node: BillingNode) -> None:
    await node.receiver.end()
    assert cdr(node, "export").sentence == "not all is delivered: `usnd cdr files` shows what waits"
    (waiting,) = files(node)
    assert (waiting["state"], waiting["trouble"], waiting["records"]) == ("written", "unreachable", 3)
    assert cdr(node, "export", "--patient").status == 1, "it is not its turn"
    await node.receiver.start()
    assert cdr(node, "export").status == 0
    (file,) = files(node)
    assert (file["state"], file["file"], file["trouble"]) == ("confirmed", 1, "")
    name = str(file["name"])
    there = node.receiver.inbox / name
    assert cdr(node, "explain", "usn-7-1").out.splitlines()[-1] == (
        f"    in {name}: confirmed by mediation at {file['confirmed']}"
    )
    there.unlink()
    said = cdr(node, "resend", "mediation", "1").out
    assert said == f"{name} is sent at the next export: `usnd cdr export` does it now\n"
    assert cdr(node, "export").status == 0
    assert there.read_bytes() == (node.home / "files/mediation" / name).read_bytes()
    check_copy(there, node.home / "copy", node.format)


async def test_what_is_old_and_confirmed_is_removed_and_not_before(node: BillingNode) -> None:
    """The records are of a March that is long over; their file was closed just now."""

    def prune(*more: str) -> list[tuple[object, ...]]:
        rows = map(json.loads, cdr(node, "prune", "--json", *more).out.splitlines())
        return [(row["what"], row["records"], row["goes"]) for row in rows]

    assert prune() == [("records", 0, False)], "no file has them yet"
    assert cdr(node, "export").status == 0
    assert prune("--dry-run") == prune() == [("records", 3, True)]
    assert cdr(node, "list", "--json").out == ""
    (file,) = files(node)
    assert cdr(node, "resend", "mediation", "1").status == 0, "the file is still here"
    (node.home / "files/mediation" / str(file["name"])).unlink()
    assert cdr(node, "resend", "mediation", "1").sentence.endswith(
        "cannot be made again: its records were removed, or have pseudonyms by now"
    )


async def test_a_period_that_cannot_be_is_refused(node: BillingNode) -> None:
    today = datetime.now(UTC)
    for day in ("0001-01-01", "9999-12-31", f"{today + timedelta(days=2):%Y-%m-%d}"):
        done = cdr(node, "reconcile", "--since", day)
        assert (done.status, done.sentence) == (2, "--since must be between 2000-01-01 and now (UTC)")
    assert cdr(node, "reconcile", "--since", "2026-03-02", "--until", "2026-03-01").status == 2


async def test_without_a_log_of_the_switch_nothing_is_proved(node: BillingNode) -> None:
    assert cdr(node, "export").status == 0
    legs = node.home / "legs"
    legs.mkdir()

    def reconciled() -> tuple[int, str]:
        done = cdr(node, "reconcile", "--since", "2026-03-01", "--until", "2026-03-02")
        return done.status, done.err.splitlines()[-1]

    nothing = f"usnd: {legs} has no log of the switch of that time: nothing was compared with it"
    assert reconciled() == (1, nothing)
    (legs / "legs.csv").write_text("HANGUP,1772582400.000000,usn-9-1,PJSIP/usn-1,usn-join\n")
    assert reconciled() == (1, nothing), "it begins on March 4th"
    (legs / "legs.csv").write_text("HANGUP,1772323200.000000,1772323200.1,PJSIP/usn-1,usn-incoming\n")
    assert "3 differences" in reconciled()[1]
    (file,) = (node.home / "files/mediation").glob("*.csv")
    file.unlink()
    file.mkdir()
    assert reconciled() == (1, f"usnd: {file}: Is a directory")


CHANGED = {
    "csv": (b"30.012", b"03.012", "line 6 has the SHA-256 of other octets: the file was changed"),
    "ts32297": (b"\x75\x3c", b"\x05\x3c", "the header has the SHA-256 of other octets: the file was changed"),
}
"""Of each format: what a record charges, in the file and changed, and what is said of it."""


def check_copy(there: Path, copy: Path, form: str) -> None:
    """As billing does, who has the command and no configuration."""
    charged, changed, said = CHANGED[form]
    shutil.copy(there, copy)
    good = usnd("cdr", "verify", str(copy))
    assert good.out == f"{copy}: good. File 1 for mediation, 3 records, 1 to 3, 90.036 s charged\n"
    shown = usnd("cdr", "show", "--json", str(copy)).out.splitlines()
    assert [json.loads(line)["sequence"] for line in shown] == ["1", "2", "3"]
    assert {json.loads(line)["billable_s"] for line in shown} == {"30.012"}
    assert list(json.loads(shown[0])) == list(LAYOUT)
    copy.write_bytes(copy.read_bytes().replace(charged, changed, 1))
    bad = usnd("cdr", "verify", str(copy))
    assert bad.status == 1
    assert said in bad.err
    assert usnd("cdr", "show", str(copy)).status == 1


async def test_what_cannot_be_is_said(node: BillingNode) -> None:
    assert cdr(node, "explain", "usn-9-9").sentence.startswith("usn-9-9 has no record")
    assert cdr(node, "resend", "mediation", "9").sentence == "mediation has no file 9, or not any more"
    assert cdr(node, "resend", "elsewhere", "9").sentence == (
        "elsewhere is no destination: configured are mediation"
    )
    none, empty = node.home / "none", node.home / "empty"
    empty.touch()
    assert usnd("cdr", "show", str(none)).sentence == f"{none}: No such file or directory"
    assert usnd("cdr", "verify", str(none), str(empty)).err.splitlines() == [
        f"{none}: No such file or directory",
        f"{empty}: line 0 the last line is missing: the file is not whole",
        "usnd: 2 of 2 files are not good",
    ]
    assert files(node) == []
    for words in (
        ["resend", "mediation", "9" * 30],
        ["list", "--after", "9" * 30],
        ["list", "--conference", "9" * 30],
    ):
        assert "less than or equal to 9223372036854775807" in cdr(node, *words).err


def test_the_module_is_the_one_that_is_published() -> None:
    published = Path(__file__).parents[4] / "docs/integrator/usn-cdr.asn1"
    assert usnd("cdr", "asn1").out == published.read_text()


def test_without_a_destination_there_is_nothing_to_do(tmp_path: Path) -> None:
    node = Node(tmp_path, f"sqlite:///{tmp_path}/usn.db").ready()
    assert node.command("cdr", "export").out == "no [[cdr_destination]] is configured: nothing to do\n"
    assert node.command("cdrs").out == node.command("cdr", "list").out == "none\n"
