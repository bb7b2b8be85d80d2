"""Which channels are foreign, as Asterisk's events and its listing tell them (REQUIREMENTS C12)."""

import pytest

from usnd.asterisk.foreign_channels import ForeignChannel, found_foreign, unordered_in

KNOWN = frozenset({"node-1.1"})


def channel(name: str, unique: str, **fields: str) -> dict[str, str]:
    return {"event": "Newchannel", "channel": name, "uniqueid": unique, **fields}


@pytest.mark.parametrize(
    "event",
    [
        channel("PJSIP/usn/msc-00000001", "usn-1-1", context="usn-incoming", channelstate="0"),
        channel("Local/s@announce-usn-00000001;1", "say-1-c1"),
        channel("Local/c1@record-usn-room-00000001;2", "rec-c1-1-room"),
        channel("CBAnn/c1-00000001;1", "node-1.9"),
        channel("PJSIP/usn/msc-00000002", "node-1.2", context="usn-incoming", channelstate="4"),
        channel("PJSIP/usn/msc-00000003", "node-1.1", context="usn-join", channelstate="6"),
        {"event": "ConfbridgeJoin", "channel": "PJSIP/usn/msc-00000003", "uniqueid": "node-1.1"},
        {"event": "Newchannel", "channel": "PJSIP/usn/msc-00000003"},
        {"event": "BridgeEnter", "channel": "PJSIP/x", "uniqueid": "usn-1-1", "bridgecreator": "ConfBridge"},
        {"event": "BridgeEnter", "channel": "CBAnn/c1-1;1", "uniqueid": "node-1.12", "bridgecreator": "?"},
    ],
)
def test_what_was_ordered_or_comes_in_is_not_foreign(event: dict[str, str]) -> None:
    assert found_foreign(event, "usn-", KNOWN) is None


@pytest.mark.parametrize(
    "event",
    [
        channel("PJSIP/usn/msc-00000004", "node-1.4", context="usn-incoming", channelstate="0"),
        channel("Local/c1@usn-join-00000002;2", "node-1.5", context="usn-join", channelstate="4"),
        channel("PJSIP/usn/msc-00000006", "node-1.6", context="default", channelstate="4"),
        channel("Message/ast_msg_queue", "node-1.7"),
        {"event": "ConfbridgeJoin", "channel": "PJSIP/x", "uniqueid": "node-1.8", "channelstate": "4",
         "context": "usn-incoming"},
        {"event": "CoreShowChannel", "channel": "PJSIP/x", "uniqueid": "node-1.9", "channelstate": "6"},
        {"event": "BridgeEnter", "channel": "PJSIP/x", "uniqueid": "node-1.10", "channelstate": "4",
         "context": "usn-incoming", "bridgecreator": "ConfBridge"},
        {"event": "BridgeEnter", "channel": "PJSIP/x", "uniqueid": "usn-1-1", "bridgecreator": "<unknown>"},
        channel("Local/52270@usn-incoming-00000002;2", "node-1.11", context="usn-incoming", channelstate="4"),
    ],
)  # fmt: skip
def test_all_else_is(event: dict[str, str]) -> None:
    assert found_foreign(event, "usn-", KNOWN) == ForeignChannel(event["uniqueid"], event["channel"])


def test_what_no_row_has_is_unordered_whatever_it_is_called() -> None:
    ordered = {"usn-1-1", "rec-c1-1", "node-1.1"}
    channels = [
        channel("PJSIP/usn/msc-1", "usn-1-1"),
        channel("PJSIP/usn/msc-2", "node-1.1", context="usn-incoming", channelstate="4"),
        channel("Local/s@record-usn-1;1", "rec-c1-1"),
        channel("Local/s@record-usn-1;2", "rec-c1-1-room"),
        channel("CBAnn/c1-1;2", "node-1.3"),
        {"event": "CoreShowChannel", "channel": "PJSIP/usn/msc-3"},
        channel("PJSIP/usn/msc-4", "usn-1-2"),
        channel("PJSIP/usn/msc-5", "node-1.2", context="usn-incoming", channelstate="4"),
        channel("Local/c1@usn-join-1;1", "say-77-c1"),
    ]
    assert unordered_in(channels, ordered) == {
        one: ForeignChannel(one, name)
        for one, name in (
            ("usn-1-2", "PJSIP/usn/msc-4"),
            ("node-1.2", "PJSIP/usn/msc-5"),
            ("say-77-c1", "Local/c1@usn-join-1;1"),
        )
    }
