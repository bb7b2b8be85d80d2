"""Proves what a configuration of trunks may say, and that what it may not is refused in words."""

import pytest
from test_config import GOOD, refusal

from usnd.config import parse
from usnd.domain.trunks import Route, Trunk

A = '[[trunk]]\nname = "a"\n'
B = '[[trunk]]\nname = "b"\nchannels = 30\n'


def test_without_a_word_there_is_one_trunk_for_all_numbers() -> None:
    routing = parse(GOOD).routing()
    assert (routing.trunks, routing.routes) == ((Trunk("trunk-msc"),), ())
    assert (routing.failures, routing.damped.total_seconds(), routing.most_waiting) == (3, 30, 600)


def test_trunks_and_routes_are_taken_in_their_order() -> None:
    routes = '[[route]]\ntrunks = ["b", "a"]\n[[route]]\ntrunks = ["a"]\nprefixes = ["+44"]\n'
    routing = parse(GOOD + A + B + routes).routing()
    assert routing.trunks == (Trunk("a"), Trunk("b", 30))
    assert routing.routes == (Route(("b", "a")), Route(("a",), ("+44",)))


def test_numbers_that_lead_here_are_not_called() -> None:
    plan = parse(GOOD + '[ways_in]\ncommon = "442079460000"\nconferences = ["02079460001", "52203"]\n')
    permits = plan.number_plan().permits
    assert not permits("+442079460000")
    assert not permits("+442079460001")
    assert permits("+442079460002")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (A + A, "trunk: two trunks have the same name; give each its own"),
        (A + "username = 'u'\n", "trunk number 1: username and password need each other"),
        (A + "username = 'u'\npassword = 'hush;x'\n", "trunk number 1, password: write letters and digits"),
        (A + "transport = 'tls'\n", "trunk number 1: tls needs trunks.certificate and trunks.private_key"),
        (A + "srtp = true\n", "trunk number 1: srtp needs tls, which carries its keys"),
        (A + "kind = 'h323'\n", 'trunk number 1, kind: write one of "sip"'),
        (A + "channels = 0\n", "trunk number 1, channels: write a whole number from 1 to 10000"),
        (A + "host = 'a b'\n", "trunk number 1, host: write a host name or an address"),
        (A + "dial = 'x'\n", "trunk number 1: dial is not known here; known are: name, kind, channels"),
        ("[[trunk]]\nname = 'A/b'\n", "trunk number 1, name: write a name of small letters"),
        (A + '[[route]]\ntrunks = ["b"]\n', "route number 1, trunks: b is no [[trunk]]"),
        (A + '[[route]]\ntrunks = ["a"]\nprefixes = ["+44"]\n', "route: exactly one route must be without"),
        (
            A + '[[route]]\ntrunks = ["a"]\nprefixes = ["44"]\n',
            "route number 1, prefixes number 1: write",
        ),
        ("[trunks]\nsilence = 3\n", "trunks.silence: write a whole number from 7 to 32"),
    ],
)
def test_a_refusal_says_where_and_what_to_write(text: str, words: str) -> None:
    assert refusal(GOOD + text).startswith(words)
