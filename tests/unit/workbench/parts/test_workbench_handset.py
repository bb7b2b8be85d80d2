"""Proves how a handset's behaviour is told to the switch."""

from workbench.parts.voice.switch import NEVER, Handset, Refusal


def test_a_handset_answers_by_itself_and_stays() -> None:
    entries = Handset("306900000001", 1750).entries()
    assert entries == {"tone": "1750", "ring": "0.200", "cause": "", "digits": "", "stay": "86400.000"}


def test_a_refusal_is_its_q850_cause() -> None:
    assert Handset("1", 1750, refusal=Refusal.BUSY).entries()["cause"] == "17"
    assert Handset("1", 1750, refusal=Refusal.UNREACHABLE).entries()["cause"] == "20"
    assert Handset("1", 1750, refusal=Refusal.REJECTED).entries()["cause"] == "21"


def test_without_credit_the_switch_refuses_whatever_the_handset_would_do() -> None:
    assert Handset("1", 1750, credit=False).entries()["cause"] == "21"
    assert Handset("1", 1750, credit=False, refusal=Refusal.BUSY).entries()["cause"] == "21"


def test_no_answer_is_ringing_without_end() -> None:
    assert Handset("1", 1750, ring=NEVER).entries()["ring"] == "86400.000"
