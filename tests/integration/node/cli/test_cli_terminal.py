"""The commands `usnd terminal` and `usnd provisioning` as an operator types them (P2)."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from bare_node import Done, Node
from typer.testing import CliRunner

from usnd.cli.main import app

ALL = ("--operations", "create,read", "--numbers", "+4477")


@dataclass(frozen=True)
class Desk:
    """A node, and beside it an authority that publishes to it."""

    node: Node
    home: Path

    def ca(self, *words: object) -> str:
        done = CliRunner().invoke(app, ["ca", *map(str, words)], env={"USND_CA": str(self.home / "ca")})
        assert done.exit_code == 0, done.output
        return done.stdout

    def usnd(self, *words: str) -> Done:
        config = self.home / "provisioning.toml"
        config.write_text(
            f'{self.node.config.read_text()}\n[provisioning]\nauthorities = "{self.home}/tls"\n'
        )
        return self.node.command(*words, config=config)

    def issued(self, name: str) -> str:
        self.ca("issue", name, "--out", self.home / name)
        return str(self.home / name / f"{name}.pem")


@pytest.fixture
def desk(node: Node, tmp_path: Path) -> Desk:
    (tmp_path / "tls").mkdir()
    made = Desk(node.ready(), tmp_path)
    made.ca("init", "--publish", tmp_path / "tls")
    return made


def test_a_terminal_is_designated_changed_and_taken_out(desk: Desk) -> None:
    crm = desk.issued("crm-1")
    would = desk.usnd("terminal", "designate", "crm-1", "--certificate", crm, *ALL, "--dry-run")
    assert "would be designated" in would.out
    assert desk.usnd("terminal", "list").out.strip() == "none"
    done = desk.usnd("terminal", "designate", "crm-1", "--certificate", crm, *ALL)
    assert ", designated" in done.out
    (row,) = map(json.loads, desk.usnd("terminal", "list", "--json").out.splitlines())
    assert (row["terminal"], row["state"]) == ("crm-1", "good")
    assert (row["operations"], row["numbers"]) == ("create read", "+4477")
    words = ("--operations", "all", "--numbers", "all")
    changed = desk.usnd("terminal", "designate", "crm-1", "--certificate", crm, *words)
    assert ", changed" in changed.out
    (all_of_them,) = map(json.loads, desk.usnd("terminal", "list", "--json").out.splitlines())
    assert all_of_them["numbers"] == "all"
    assert "would be undesignated" in desk.usnd("terminal", "undesignate", "crm-1", "--dry-run").out
    assert ", undesignated" in desk.usnd("terminal", "undesignate", row["serial"]).out
    gone = desk.usnd("terminal", "undesignate", "crm-1")
    assert (gone.status, gone.sentence) == (
        1,
        "crm-1: no such certificate is designated: `usnd terminal list` names all",
    )


def test_a_revoked_one_stays_so(desk: Desk) -> None:
    crm = desk.issued("crm-1")
    desk.usnd("terminal", "designate", "crm-1", "--certificate", crm, *ALL)
    assert ", revoked" in desk.usnd("terminal", "revoke", "crm-1").out
    (row,) = map(json.loads, desk.usnd("terminal", "list", "--json").out.splitlines())
    assert row["state"] == "revoked"
    again = desk.usnd("terminal", "designate", "crm-1", "--certificate", crm, *ALL)
    assert again.status == 1
    assert "this certificate was revoked on 2" in again.sentence
    assert again.sentence.endswith(": issue a new one")


def test_a_revoked_one_that_is_taken_out_stays_revoked(desk: Desk) -> None:
    crm = desk.issued("crm-1")
    desk.usnd("terminal", "designate", "crm-1", "--certificate", crm, *ALL)
    desk.usnd("terminal", "revoke", "crm-1")
    assert ", undesignated" in desk.usnd("terminal", "undesignate", "crm-1").out
    assert desk.usnd("terminal", "list").out.strip() == "none"
    (row,) = map(json.loads, desk.usnd("terminal", "list", "--all", "--json").out.splitlines())
    assert (row["terminal"], row["state"]) == ("crm-1", "revoked")
    assert desk.usnd("terminal", "undesignate", "crm-1").status == 1
    again = desk.usnd("terminal", "designate", "crm-1", "--certificate", crm, *ALL)
    assert (again.status, again.sentence.endswith(": issue a new one")) == (1, True)


def test_the_state_is_as_nginx_sees_it(desk: Desk) -> None:
    crm = desk.issued("crm-1")
    desk.usnd("terminal", "designate", "crm-1", "--certificate", crm, *ALL)

    def state() -> object:
        (row,) = map(json.loads, desk.usnd("terminal", "list", "--json").out.splitlines())
        return row["state"]

    assert state() == "good"
    lists, authorities = desk.home / "tls/client-crl.pem", desk.home / "tls/client-ca.pem"
    lists.rename(desk.home / "kept")
    assert state() == "revocation list missing"
    lists.write_text("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
    assert state() == "revocation list unreadable"
    authorities.unlink()
    assert state() == "no authorities"
    desk.ca("publish")
    assert state() == "good"
    desk.ca("revoke", "crm-1")
    assert state() == "revoked"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("CRM 1", *ALL), 2, "CRM 1 cannot be a name"),
        (("crm-1", "--operations", "erase", "--numbers", "all"), 2, "erase is no operation"),
        (("crm-1", "--operations", "all", "--numbers", "4477"), 2, "4477 is no prefix of numbers"),
        (("crm-1", *ALL, "--certificate", "/no/file"), 1, "/no/file"),
    ],
)
def test_what_cannot_be_designated_is_said_in_a_sentence(
    desk: Desk, words: tuple[str, ...], status: int, said: str
) -> None:
    certificate = () if "--certificate" in words else ("--certificate", desk.issued("crm-1"))
    done = desk.usnd("terminal", "designate", *words, *certificate)
    assert done.status == status
    assert said in done.sentence


def test_a_node_that_publishes_nothing_for_nginx_designates_nobody(node: Node) -> None:
    done = node.ready().command("terminal", "designate", "crm-1", "--certificate", "/no/file", *ALL)
    assert done.status == 2
    assert done.sentence.startswith("provisioning.authorities is not set")


def test_requests_and_bulks_are_listed_also_when_there_are_none(desk: Desk) -> None:
    assert desk.usnd("provisioning", "requests").out.strip() == "none"
    assert desk.usnd("provisioning", "bulks", "--json").out == ""
