"""The figures as people and programs see them: names stay, what is wrong stands first."""

from node_figures import NOW, snapshot

from usnd.cli.status import (
    bind_object,
    bind_row,
    dial_in_object,
    dial_in_row,
    screen,
    trunk_object,
    trunk_row,
)
from usnd.domain.alarms.catalogue import TRUNK_DOWN
from usnd.monitoring.snapshot import AlarmFigures

NODE = snapshot()
ALARM = AlarmFigures(name="trunk-down", object="other", since=NOW, facts="in_use=2")
LATER = AlarmFigures(name="of-a-later-release", object="", since=NOW, facts="")


def test_a_bind_keeps_the_names_of_its_figures_and_a_receiver_sends_nothing() -> None:
    sender, receiver = map(bind_object, NODE.binds)
    assert list(receiver) == [
        "bind", "kind", "state", "pdus_in", "pdus_out", "texts", "receipts", "submitted", "dropped",
        "overdue", "nacked", "binds", "oddities",
    ]  # fmt: skip
    assert list(sender)[len(receiver) :] == [
        "rate", "rate_configured", "rate_limit", "window", "window_configured", "in_flight", "queue",
        "queue_more_in_store", "oldest_s", "sent", "rejected", "expired", "unknown", "set_aside",
        "withdrawn", "throttled", "postponed", "in_doubt", "unanswered", "delivered", "undelivered",
        "intermediate", "unmatched",
    ]  # fmt: skip
    assert (sender["state"], sender["oldest_s"], sender["rate_configured"]) == ("bound", 2.5, None)
    assert bind_row(sender)["odd"] == 3
    assert bind_row(receiver)["queue"] == ""


def test_a_trunk_and_calls_that_come_in_keep_the_names_of_their_figures() -> None:
    trunk = trunk_object(NODE.trunks.trunks[0])
    assert list(trunk) == [
        "trunk", "state", "registration", "in_use", "channels", "calls", "unanswered", "causes",
    ]  # fmt: skip
    assert (trunk_row(trunk)["channels"], trunk_row(trunk)["unanswered"]) == ("any", "17:2 102:1")
    came = dial_in_object(NODE)
    assert came == {
        "at": "2026-03-01T12:00:00+00:00", "calls": 5, "waiting": 1, "refused": {"unknown": 2, "busy": 1},
        "wrong_pins": 6, "wrong_last_hour": 2, "barred": 1, "alarm": False, "pins": 60,
        "guess_one_in": 166_666, "own_number_only": False, "pins_run_out": False,
    }  # fmt: skip
    assert dial_in_row(came)["guess_hits"] == "1 in 166666"
    assert dial_in_row({**came, "guess_one_in": None})["guess_hits"] == "never"
    assert dial_in_row(came)["refused"] == "busy:1 unknown:2"


def test_the_screen_of_a_node_that_is_well() -> None:
    assert list(screen(NODE))[:9] == [
        "usnd is running, as of 2026-03-01T12:00:00Z",
        "alarms: none",
        "",
        "Asterisk     up, since 2026-03-01T12:00:00Z",
        "database     reachable",
        "conferences  1 running, with 4 calls, 3 in rooms; to be dialled: 1",
        "dial-in      calls: 5, waiting: 1, refused: 3, barred: 1",
        "texts        not answered: 2, from unregistered numbers: 3",
        "recordings   1 running, 5.3 GB free",
    ]
    shown = "\n".join(screen(NODE))
    assert "\nbind  kind         state" in shown
    assert "\ntrunk  state" in shown
    assert "channels that usnd did not order, released: 1; the last: Local/a at 2026-03-01T12:00" in shown


def test_what_is_wrong_stands_first_with_what_to_do() -> None:
    assert list(screen(snapshot(ALARM, LATER)))[1:5] == [
        "alarms: 1",
        "  2026-03-01T12:00:00Z  major  trunk other: trunk down in_use=2",
        f"    {TRUNK_DOWN.remedy}",
        "",
    ]
