"""What `usnd pair status` says of a server that is heard, and of one that is not."""

from dataclasses import replace
from typing import Any

import pytest
from pair_node import GRANT, NOW, Node
from structlog.testing import capture_logs

from usnd.cli.pair import told
from usnd.domain.pair.address_claim import Claim
from usnd.domain.pair.evidence import Evidence, Heartbeat, LastRole, Power, Reading, Record
from usnd.domain.pair.states import STATE_WORDS, PairState
from usnd.pair import control

SAID = Heartbeat(7, PairState.STANDBY, Record(LastRole.STANDBY, GRANT))


def status(node: Node, now: float) -> tuple[dict[str, Any], dict[str, str]]:
    """As it is then for programs, and the lines for people by their first word."""
    node.step_until(now)
    found = control.status(node.runner)
    lines = (line.strip().partition(" ") for line in told(found))
    return found, {key: rest.strip() for key, _, rest in lines}


@pytest.fixture
async def node() -> Node:
    return Node()


async def test_one_that_is_heard_is_shown_as_it_is(node: Node) -> None:
    node.heartbeats.take(SAID, NOW)
    node.seen = Evidence(power=Reading(Power.ON, NOW - 8))
    found, lines = status(node, NOW)
    assert (found["peer"], found["peer_heard"], found["peer_silent_s"]) == ("standby", True, 0.0)
    assert lines["peer"] == f"standby: {STATE_WORDS[PairState.STANDBY]}"
    assert (lines["peer_last_role"], lines["peer_epoch"], lines["peer_power"]) == (
        "standby",
        "0",
        "on, 8 s ago",
    )


async def test_what_a_silent_one_said_last_is_shown_as_last_known_with_since_when(node: Node) -> None:
    node.heartbeats.take(SAID, NOW)
    found, lines = status(node, NOW + 312)
    assert (found["peer"], found["peer_heard"], found["peer_silent_s"]) == ("standby", False, 312.0)
    assert lines["peer"] == (
        "standby: no heartbeat for 5 min 12 s: this is what it said last, and may no longer be so"
    )
    assert (lines["peer_last_role"], lines["peer_epoch"]) == ("standby (last known)", "0 (last known)")


async def test_of_one_that_was_never_heard_nothing_is_known(node: Node) -> None:
    _, lines = status(node, NOW + 42)
    assert lines["peer"] == (
        "not known: no heartbeat for 42 s, since this arbiter started: nothing is known of it"
    )
    assert (lines["peer_epoch"], lines["peer_power"]) == ("None", "not known")


async def test_after_a_standstill_the_silence_is_counted_anew(node: Node) -> None:
    """What came meanwhile was thrown away, unread."""
    node.heartbeats.take(SAID, NOW)
    status(node, NOW)
    node.now = NOW + 100
    node.runner.step()
    found, lines = status(node, NOW + 103)
    assert (found["heard_s"], found["peer_silent_s"]) == ({"bond": None}, 3.0)
    assert "for 3 s" in lines["peer"]


async def test_a_stranger_at_the_address_is_named_in_the_status_and_the_journal_once(node: Node) -> None:
    claim = Claim("02:00:00:00:00:02", NOW - 10, NOW, held=True)
    node.seen = Evidence(claim=claim, gateway_at=NOW + 30)
    with capture_logs() as journal:
        _, lines = status(node, NOW + 30)
    [raised] = [line for line in journal if "another machine answers" in line["event"]]
    assert (raised["mac"], lines["claimed_by"]) == (claim.mac, claim.mac)
    node.seen = replace(node.seen, claim=replace(claim, since=NOW))
    _, lines = status(node, NOW + 31)
    assert lines["claimed_by"] == "", "a late answer or two are the other server's"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3600, "1 h 0 min"), (90_000, "1 d 1 h")],
)
def test_ages_are_in_words(seconds: float, words: str) -> None:
    assert control.in_words(seconds) == words
