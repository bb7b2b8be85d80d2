"""AMI events and listings as the domain reads them."""

from datetime import UTC, datetime

import pytest

from usnd.asterisk.progress import (
    EVENTS,
    Digit,
    IncomingCall,
    LiveCall,
    Progress,
    Settled,
    Talking,
    survey,
)
from usnd.domain.conference.call import CallEvent, CallNews, CallState
from usnd.domain.trunks.sip_uri import Identity, Signalling

OURS = "usn-c42-1"


def event(name: str, call: str = OURS, **fields: str) -> dict[str, str]:
    return {"event": name, "uniqueid": call, "channel": "PJSIP/trunk-00000001", **fields}


@pytest.mark.parametrize(
    ("heard", "means"),
    [
        (event("Newchannel", channelstate="0"), CallEvent.PLACED),
        (event("Newchannel", "usn-1795399050.1", channelstate="4"), None),
        (event("Newstate", channelstate="5"), CallEvent.RINGING),
        (event("Newstate", channelstate="6"), CallEvent.ANSWERED),
        (event("Newstate", channelstate="3"), None),
        (event("ConfbridgeJoin", conference="c42"), CallEvent.JOINED),
        (event("ConfbridgeLeave", conference="c42"), CallEvent.LEFT),
        (event("Hangup", cause="17"), CallEvent.ENDED),
        (event("HangupRequest", cause="17"), None),
        (event("DialEnd"), None),
        ({"event": "FullyBooted"}, None),
        ({}, None),
    ],
)
def test_each_event_means_one_thing(heard: dict[str, str], means: CallEvent | None) -> None:
    news = Progress("usn-").read(heard)
    assert (news and news.event) == means if isinstance(news, CallNews) else means is None


def test_all_that_is_read_is_asked_for() -> None:
    assert {*Progress("usn-")._readers, "UserEvent", "OriginateResponse"} == EVENTS


def test_who_is_heard_to_speak() -> None:
    progress = Progress("usn-")
    assert progress.read(event("ConfbridgeTalking", talkingstatus="on")) == Talking(OURS, on=True)
    assert progress.read(event("ConfbridgeTalking", talkingstatus="off")) == Talking(OURS, on=False)
    assert progress.read(event("ConfbridgeTalking", "171.9", talkingstatus="on")) is None


@pytest.mark.parametrize(("text", "cause"), [("17", 17), ("0", None), ("", None), ("x", None)])
def test_the_cause_is_the_number_or_nothing(text: str, cause: int | None) -> None:
    assert Progress("usn-").read(event("Hangup", cause=text)) == CallNews(OURS, CallEvent.ENDED, cause)


@pytest.mark.parametrize(
    ("sip", "cause"),
    [
        ("402", 50),
        ("480", 18),
        ("401", 47),
        ("407", 47),
        ("408", 102),
        ("503", 41),
        ("488", 127),
        ("302", 23),
        ("405", 63),
        ("483", 25),
        ("501", 79),
        ("", 127),
    ],
)
def test_a_sip_refusal_that_asterisk_blurs_has_its_own_cause(sip: str, cause: int) -> None:
    progress = Progress("usn-")
    ended = event("Hangup", cause="127", techcause=sip)
    assert progress.read(event("HangupRequest", cause="127", techcause=sip)) is None
    assert progress.read(ended) == CallNews(OURS, CallEvent.ENDED, cause)
    assert progress.read(ended) == CallNews(OURS, CallEvent.ENDED, 127)


def test_the_reason_of_a_bye_and_of_a_cancel_is_the_cause_and_not_mapped_twice() -> None:
    """Asterisk tells it as a status too: of cause 18 as 408, of 27 as 502."""
    progress = Progress("usn-")
    progress.read(event("HangupRequest", cause="18", techcause="408", channelstate="6"))
    assert progress.read(event("Hangup", cause="18")) == CallNews(OURS, CallEvent.ENDED, 18)
    progress.read(event("UserEvent", "n.1", userevent="UsnIncoming", cli="", dnis="300"))
    progress.read(event("HangupRequest", "n.1", cause="18", techcause="408", channelstate="4"))
    assert progress.read(event("Hangup", "n.1", cause="18")) == CallNews("n.1", CallEvent.ENDED, 18)


def test_only_a_sip_channel_has_a_sip_status() -> None:
    progress = Progress("usn-")
    progress.read({**event("HangupRequest", techcause="402"), "channel": "DAHDI/i1/1"})
    assert progress.read(event("Hangup", cause="17")) == CallNews(OURS, CallEvent.ENDED, 17)


def test_channels_of_others_are_not_ours() -> None:
    progress = Progress("usn-")
    assert progress.read(event("Newchannel", "node-1.1")) is None
    assert progress.read(event("Hangup", "node-1.1", cause="16")) is None


def test_an_announced_call_is_ours_until_it_ends() -> None:
    progress = Progress("usn-")
    announced = event("UserEvent", "node-1.1", userevent="UsnIncoming", cli="+44791", dnis="300")
    assert progress.read(announced) == IncomingCall("node-1.1", "PJSIP/trunk-00000001", "+44791", "300")
    assert progress.read(event("ConfbridgeJoin", "node-1.1")) == CallNews("node-1.1", CallEvent.JOINED)
    assert progress.read(event("Hangup", "node-1.1", cause="16")) == CallNews("node-1.1", CallEvent.ENDED, 16)
    assert progress.read(event("ConfbridgeJoin", "node-1.1")) is None


def test_an_announced_call_may_have_no_calling_number() -> None:
    incoming = Progress("usn-").read(event("UserEvent", "n.1", userevent="UsnIncoming", cli="", dnis="300"))
    assert isinstance(incoming, IncomingCall)
    assert incoming.cli is None


def test_what_sip_says_of_a_call_comes_with_it_decoded() -> None:
    said = {
        "request": "tel%3A%2B4420",
        "to": "%3Csip%3A1%40h%3E",
        "from": "",
        "asserted": "%22A%2CB%22%20%3Csip%3A%2B44%40h%3E",
        "asserted2": "%3Ctel%3A1%3E",
        "remote": "%3Ctel%3A2%3E",
        "remote2": "%3Ctel%3A3%3E",
        "privacy": "none",
        "privacy2": "",
        "privacy3": "id",
    }
    incoming = Progress("usn-").read(event("UserEvent", "n.1", userevent="UsnIncoming", dnis="300", **said))
    assert isinstance(incoming, IncomingCall)
    asserted = ((Identity.ASSERTED, '"A,B" <sip:+44@h>'), (Identity.ASSERTED, "<tel:1>"))
    remote = ((Identity.REMOTE_PARTY, "<tel:2>"), (Identity.REMOTE_PARTY, "<tel:3>"))
    assert incoming.signalling == Signalling("tel:+4420", "<sip:1@h>", asserted + remote, "none, id")


def test_headers_that_were_cut_off_are_nobodys() -> None:
    cut = {"cli": "+44", "dnis": "300", "from": "%3Csip%3A%2B44%40h%3E", "privacy": "none"}
    incoming = Progress("usn-").read(event("UserEvent", "n.1", userevent="UsnIncoming", **cut))
    assert isinstance(incoming, IncomingCall)
    assert incoming.signalling == Signalling("", privacy="id")


@pytest.mark.parametrize("fields", [{"userevent": "Other"}, {"userevent": "UsnIncoming", "uniqueid": ""}])
def test_other_user_events_are_not_calls(fields: dict[str, str]) -> None:
    assert Progress("usn-").read({**event("UserEvent", "n.1"), **fields}) is None


def originated(response: str = "Failure") -> dict[str, str]:
    return event("OriginateResponse", actionid=OURS, response=response, reason="0")


def test_a_call_that_got_no_channel_is_refused_once() -> None:
    progress = Progress("usn-")
    progress.expect(OURS)
    assert progress.read(originated()) == CallNews(OURS, CallEvent.REFUSED)
    assert progress.read(originated()) is None


def test_a_call_that_got_a_channel_ends_by_its_hangup_only() -> None:
    progress = Progress("usn-")
    progress.expect(OURS)
    progress.read(event("Newchannel"))
    assert progress.read(originated()) is None
    progress.read(event("Hangup", cause="17"))
    assert progress.read(originated()) is None


def test_the_refusal_of_a_second_order_says_nothing_of_the_living_call() -> None:
    progress = Progress("usn-")
    progress.expect(OURS)
    progress.read(event("Newchannel"))
    progress.expect(OURS)
    assert progress.read(originated()) is None
    assert progress.expected == frozenset()


def test_success_and_orders_of_others_are_no_refusal() -> None:
    progress = Progress("usn-")
    assert progress.read(originated()) is None
    progress.expect(OURS)
    assert progress.read(originated("Success")) is None


def test_a_survey_replaces_what_was_known_before_it_and_keeps_what_came_meanwhile() -> None:
    progress = Progress("usn-")
    for call in ("n.1", "n.2"):
        progress.read(event("UserEvent", call, userevent="UsnIncoming"))
    progress.expect("usn-lost")
    before = progress.known
    progress.read(event("UserEvent", "n.3", userevent="UsnIncoming"))
    progress.found(before, ["n.2", "n.4"])
    assert progress.known == {"n.2", "n.3", "n.4"}


def channel(call: str, **fields: str) -> dict[str, str]:
    return {"uniqueid": call, "channel": f"PJSIP/{call}", "channelstate": "6", **fields}


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("fields", "live"),
    [
        ({"channelstate": "0", "context": "from-switch"}, (CallState.DIALLING, None)),
        ({"channelstate": "5", "context": "from-switch", "exten": "s"}, (CallState.RINGING, None)),
        ({"channelstate": "4", "context": "usn-incoming", "exten": "300"}, (CallState.RINGING, None)),
        ({"context": "usn-join", "exten": "c42"}, (CallState.ANSWERED, "c42")),
        ({"context": "usn-join", "exten": "c42", "bridgeid": "b"}, (CallState.JOINED, "c42")),
        ({"context": "usn-goodbye", "exten": "told"}, (CallState.LEAVING, None)),
    ],
)
def test_a_survey_tells_where_each_call_stands(
    fields: dict[str, str], live: tuple[CallState, str | None]
) -> None:
    found = survey([channel("usn-1", **fields)], [], "usn-")
    assert found.live == {"usn-1": LiveCall("PJSIP/usn-1", *live, None)}


def test_a_survey_takes_ours_only() -> None:
    others = [channel("node-1.1", context="from-switch"), channel("node-1.2", context="")]
    ours = [channel("node-1.3", context="usn-join", exten="c1")]
    assert set(survey(others + ours, [], "usn-").live) == {"node-1.3"}


def test_records_tell_when_living_calls_were_answered_and_what_became_of_the_others() -> None:
    records = {
        "usn-1": "100",
        "usn-2": "100,160,16",
        "usn-3": ",130,17",
        "usn-4": "100",
        "usn-5": "junk,,",
        "usn-6": ",130,127,SIP 402",
    }
    found = survey(
        [channel("usn-1", context="usn-join", exten="c1", bridgeid="b")],
        [{"key": f"/usn/{call}", "val": text} for call, text in records.items()],
        "usn-",
    )
    assert found.live["usn-1"].answered_at == at(100)
    assert found.settled == {
        "usn-2": Settled(at(100), at(160), 16),
        "usn-3": Settled(None, at(130), 17),
        "usn-4": Settled(at(100), None, None),
        "usn-5": Settled(None, None, None),
        "usn-6": Settled(None, at(130), 50),
    }


def test_a_call_that_ended_during_the_survey_is_settled() -> None:
    found = survey([channel("usn-1")], [{"key": "/usn/usn-1", "val": "100,160,16"}], "usn-")
    assert found.live == {}
    assert found.settled == {"usn-1": Settled(at(100), at(160), 16)}


@pytest.mark.parametrize(
    ("fields", "digit"),
    [
        ({"direction": "Received", "digit": "*"}, Digit(OURS, "*")),
        ({"direction": "Sent", "digit": "*"}, None),
        ({"direction": "Received", "digit": ""}, None),
    ],
)
def test_a_digit_is_what_the_handset_sent(fields: dict[str, str], digit: Digit | None) -> None:
    assert Progress("usn-").read(event("DTMFEnd", **fields)) == digit
    assert Progress("usn-").read(event("DTMFEnd", "node-1.1", **fields)) is None


def test_a_record_tells_when_the_call_joined() -> None:
    found = survey(
        [], [{"key": f"/usn/{OURS}", "val": "1700000000,1700000009,16,SIP 200,1700000004"}], "usn-"
    )
    assert found.settled[OURS].joined_at == datetime.fromtimestamp(1700000004, UTC)
