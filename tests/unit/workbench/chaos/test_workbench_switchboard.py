"""The scripted switch: its calls go as Asterisk's do, for usnd and in its own log."""

from usnd.asterisk.progress import survey
from usnd.domain.billing.switch_log import read
from usnd.domain.conference.call import CallState
from workbench.chaos.billing.scripted_switch import moment
from workbench.chaos.billing.switchboard import (
    ADMITTED_WITHIN,
    Arrival,
    Board,
    Event,
    Moment,
    Switchboard,
    listing,
)

OWN, OTHER, LONG = "+447700900001", "+447700900100", "+447700900040"
BEGINS = 1_455_937_200_000
HOUR = 3_600_000


class Desk:
    """A board with what it told and wrote."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.log: list[str] = []
        self.board = Board(BEGINS, 3, [LONG], "+447700900000")
        self.switch = Switchboard(self.board, "usn-a", self.log.append)

    def place(self, call: str, number: str = OWN, cli: str = OWN) -> bool:
        return self.switch.place(call, "PJSIP/usn/trunk-msc", "c7", cli, number, 45_000)

    def until(self, at: int) -> list[str]:
        """What was told of until then, in short."""
        self.told.clear()
        self.switch.advance(at, self.told.append)
        return [event["event"] + event.get("channelstate", "") for event in self.told]


def answered(desk: Desk, call: str = "usn-7-1") -> Desk:
    assert desk.place(call)
    said = desk.until(BEGINS + 31_000)
    assert said == ["Newchannel0", "Newstate5", "Newstate6", "ConfbridgeJoin"]
    return desk


def test_a_call_is_placed_rings_is_answered_and_is_in_its_room() -> None:
    desk = answered(Desk())
    assert not desk.place("usn-7-1"), "the id is in use"
    (live,) = survey(listing(desk.board.channels.values()), [], "usn-").live.values()
    assert (live.state, live.room) == (CallState.JOINED, "c7")


def test_its_own_log_reads_as_asterisks_own() -> None:
    desk = answered(Desk())
    assert desk.switch.release("usn-7-1", 16)
    assert desk.until(BEGINS + 31_000) == ["ConfbridgeLeave", "Hangup6"]
    (leg,) = read(desk.log, moment(BEGINS), moment(BEGINS + HOUR)).legs.values()
    assert (leg.id, leg.ended) == ("usn-7-1", moment(BEGINS + 31_000))
    assert leg.answered is not None
    assert not desk.switch.release("usn-7-1", 16)


def test_what_became_of_a_call_is_kept_for_the_next_survey() -> None:
    desk = answered(Desk())
    desk.switch.release("usn-7-1", 16)
    desk.until(BEGINS + HOUR)
    records = [{"key": f"/usn/{call}", "val": text} for call, text in desk.switch.records.items()]
    (settled,) = survey([], records, "usn-").settled.values()
    assert (settled.ended_at, settled.cause) == (moment(BEGINS + 31_000), 16)
    assert settled.answered_at is not None
    assert settled.answered_at.microsecond == 0, "as the dialplan writes it"


def test_a_goodbye_takes_it_out_of_the_room_and_ends_it() -> None:
    desk = answered(Desk())
    assert desk.switch.send("usn-7-1", "usn-goodbye", "told")
    assert desk.until(BEGINS + 40_000) == ["ConfbridgeLeave", "Hangup6"]
    assert not desk.switch.send("usn-7-1", "usn-goodbye", "told")


def test_who_calls_in_waits_five_seconds_or_is_let_in() -> None:
    desk = Desk()
    desk.board.arrivals.append(Arrival(BEGINS + 10, OWN))
    assert desk.until(BEGINS + 20) == ["UserEvent"]
    (call,) = desk.board.channels
    desk.board.arrivals.append(Arrival(BEGINS + 30, OWN))
    assert desk.switch.send(call, "usn-join", "c7")
    assert desk.until(BEGINS + 1_000) == ["UserEvent", "Newstate6", "ConfbridgeJoin"]
    assert desk.until(BEGINS + 30 + ADMITTED_WITHIN) == ["Hangup4"]
    assert desk.log[-1].endswith(",usn-incoming")
    assert len(desk.switch.records) == 1, "who was never in has no record"


def test_with_its_server_all_is_gone_and_the_log_says_when() -> None:
    desk = answered(Desk())
    desk.switch.all_die(BEGINS + 60_000)
    assert (
        desk.log[-1] == f"HANGUP,{BEGINS // 1000 + 60}.000000,usn-7-1,PJSIP/usn/trunk-msc-00000001,usn-join"
    )
    assert desk.until(BEGINS + HOUR) == []
    assert not desk.board.channels


def test_people_are_of_the_seed_and_the_call_and_some_talk_for_hours() -> None:
    lines: list[list[str]] = []
    for _ in range(2):
        desk = Desk()
        for number in range(2, 60):
            desk.place(f"usn-7-{number}.", OTHER)
        desk.until(BEGINS + 60 * HOUR)
        lines.append(desk.log)
    assert lines[0] == lines[1]
    answers = sum(line.startswith("ANSWER") for line in lines[0])
    assert 25 < answers < 55, "others are busy, away, or do not answer"
    desk = Desk()
    desk.place("usn-8-1", LONG, LONG)
    desk.until(BEGINS + 5 * HOUR)
    assert [*desk.board.channels] == ["usn-8-1"]


def test_what_a_channel_was_to_do_is_forgotten_when_it_is_ordered_elsewhere() -> None:
    desk = answered(Desk())
    desk.board.channels["usn-7-1"].moments = [Moment(BEGINS + 32_000, "ends", 16)]
    desk.switch.send("usn-7-1", "usn-goodbye", "told")
    desk.until(BEGINS + 32_500)
    assert desk.board.channels
