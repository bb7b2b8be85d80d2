"""What two releases of a pair understand of each other: octets and JSON of the former release.

The literals were written by the release before the fields got today's names. That this one writes the very
same shows that the former one understands it.
"""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from pair_node import Node

from usnd.cli.pair import told
from usnd.domain.pair.evidence import Heartbeat, LastRole, OperatorCommand, Record, TakeoverGrant
from usnd.domain.pair.states import PairState
from usnd.pair import control, wire_names
from usnd.pair.network.heartbeats import opened, sealed
from usnd.pair.record import RecordError, RecordFile

SECRET = b"a secret of both servers"
RECORD = Record(LastRole.PAIRED, TakeoverGrant(4, 3), 7, 123_456_789_012, owes_power=True)
HEARTBEAT = Heartbeat(
    7, PairState.ACTIVE_PAIRED, RECORD, active=True, grantee=12, asks=True, holds=TakeoverGrant(4, 2),
    freed=TakeoverGrant(2, 9), well=False, rests=True,
)  # fmt: skip

DATAGRAM = (
    b"\xf1\xfa/\xbcY\x05\xb7\xa0sJ\xa2\xfc\xb7\xf1\xb3.{\x18\x05\xac\x84Z?\xe8G\xc7\xfe\x11\xed\\\xea\xfc"
    b"\x93\xa1B)\x8c\xa4boot\x07\xa5state\xadactive_paired"
    b"\xa6record\x86\xa8standing\xa6paired\xa5right\x82\xa5epoch\x04\xa7pairing\x03"
    b"\xa8timeline\x07\xa3lsn\xcf\x00\x00\x00\x1c\xbe\x99\x1a\x14\xaaowes_power\xc3\xa5keeps\xc2"
    b"\xa6active\xc3\xa8inactive\xc2\xa6grants\x0c\xa4asks\xc3\xa5holds\x82\xa5epoch\x04\xa7pairing\x02"
    b"\xa5freed\x82\xa5epoch\x02\xa7pairing\t\xa4well\xc2\xa3fit\xc3\xa5rests\xc3"
)
"""Signature, then ["B", 41, heartbeat] in MessagePack."""

RECORD_JSON = (
    '{"boot":8,"record":{"standing":"paired","right":{"epoch":4,"pairing":3},"timeline":7,'
    '"lsn":123456789012,"owes_power":true,"keeps":false},"machine":"c0ffee"}'
)


def test_a_heartbeat_of_the_former_release_is_understood() -> None:
    assert opened(SECRET, "A", DATAGRAM) == (41, HEARTBEAT)


def test_a_heartbeat_is_octet_for_octet_that_of_the_former_release() -> None:
    assert sealed(SECRET, "B", 41, HEARTBEAT) == DATAGRAM


def test_the_former_releases_record_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(RECORD_JSON)
    file = RecordFile(tmp_path, "c0ffee")
    assert (file.begin(), file.boot, file.booted) == (RECORD, 9, False)
    assert path.read_text() == RECORD_JSON.replace('"boot":8', '"boot":9')


def test_the_record_that_a_replaced_server_is_given_is_one(tmp_path: Path) -> None:
    """By playbooks/replace.yml, which may be of either release."""
    (tmp_path / "record.json").write_text('{"boot": 1764150000, "record": {"right": {"epoch": 0}}}')
    file = RecordFile(tmp_path)
    assert (file.begin(), file.boot) == (Record(), 1_764_150_001)


def test_a_record_that_lacks_something_is_none(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text('{"boot":8}')
    with pytest.raises(RecordError, match="record"):
        RecordFile(tmp_path).begin()


def test_a_later_release_may_write_todays_names() -> None:
    later = json.loads(RECORD_JSON.replace('"standing"', '"last_role"').replace('"right"', '"grant"'))
    assert wire_names.read(later) == wire_names.read(json.loads(RECORD_JSON))


def test_each_name_of_the_table_is_in_use_and_no_former_name_is_a_todays_one() -> None:
    """A former name that some field bears today would be read as another field."""
    sent = {field.name for shape in (Heartbeat, Record, TakeoverGrant) for field in fields(shape)}
    status = control.status(Node().runner)
    assert set(wire_names.FORMER) <= sent | set(status) | {"command"}
    assert not set(wire_names.FORMER.values()) & (sent | set(status) | set(status["store"]))


async def asked(question: bytes, node: Node) -> dict[str, Any]:
    return control.answer(node.runner, question)


async def test_the_former_releases_command_is_obeyed() -> None:
    node = Node()
    assert await asked(b'{"order": "maintenance on", "dry_run": false, "by": "anna"}', node) == {
        "done": "maintenance on", "dry_run": False,
    }  # fmt: skip
    assert node.runner.command is OperatorCommand.MAINTENANCE_ON


def test_a_command_is_written_as_the_former_release_reads_it() -> None:
    assert wire_names.written({"command": "rejoin", "by": "anna"}) == {"order": "rejoin", "by": "anna"}


async def test_the_status_is_sent_with_former_names_and_shown_with_todays() -> None:
    node = Node()
    node.heartbeats.take(replace(HEARTBEAT, state=PairState.STANDBY), node.now)
    node.runner.step()
    sent = wire_names.written(control.status(node.runner))
    assert (sent["standing"], sent["peer_was"]) == ("solo", "paired")
    shown = wire_names.read(sent)
    assert (shown["last_role"], shown["peer_last_role"]) == ("solo", "paired")
    assert any(line.split() == ["last_role", "solo"] for line in told(shown))


FORMER_STATUS = {
    "state", "means", "since_s", "epoch", "standing", "peer", "peer_means", "peer_heard", "peer_silent_s",
    "heard_s", "peer_was", "peer_epoch", "peer_power", "peer_power_s", "console_s", "unable", "unkept",
    "store_s", "store", "claimed_by", "ill", "maintenance", "alarms",
}  # fmt: skip
"""What its `usnd pair status` takes from the answer; it fails without one of them."""


async def test_the_former_releases_status_command_finds_all_that_it_shows() -> None:
    sent = wire_names.written(control.status(Node().runner))
    assert set(sent) >= FORMER_STATUS
    assert sent["version"] == control.VERSION


async def test_a_question_that_is_nested_too_deep_is_not_understood() -> None:
    said = await asked(b"[" * 4000, Node())
    assert "did not understand" in said["refused"]
