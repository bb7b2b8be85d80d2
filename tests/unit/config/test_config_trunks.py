"""Proves what a configuration of trunks may say, and that what it may not is refused in words."""

import pytest
from config_samples import GOOD, refusal

from usnd.config.load import parse
from usnd.domain.dial_in.pin_space import PinRules
from usnd.domain.trunks.number_format import Style, TrunkNumbers, Writing
from usnd.domain.trunks.sip_uri import Identity
from usnd.domain.trunks.trunk import Route, Trunk

A = '[[trunk]]\nname = "a"\n'
HOST = 'host = "192.0.2.20"\n'
B = '[[trunk]]\nname = "b"\nchannels = 30\n'


def test_without_a_word_there_is_one_trunk_for_all_numbers() -> None:
    routing = parse(GOOD).routing()
    assert (routing.trunks, routing.routes) == ((Trunk("trunk-msc"),), ())
    assert (routing.failures, routing.damped.total_seconds(), routing.most_waiting) == (3, 30, 600)
    assert (routing.refusals, routing.most_refusals) == (2, 6), "no setting"


def test_how_many_calls_may_wait_follows_the_rate_and_is_no_count_of_refusals() -> None:
    slow = GOOD.replace("[asterisk]\n", "[asterisk]\ncalls_per_second = 2\n")
    routing = parse(slow + "[trunks]\nfailures = 5\ndamped = 7\n").routing()
    assert (routing.failures, routing.damped.total_seconds(), routing.most_waiting) == (5, 7, 20)
    assert (routing.refusals, routing.most_refusals) == (2, 6)


def test_trunks_and_routes_are_taken_in_their_order() -> None:
    routes = '[[route]]\ntrunks = ["b", "a"]\n[[route]]\ntrunks = ["a"]\nprefixes = ["+44"]\n'
    routing = parse(GOOD + A + B + routes).routing()
    assert routing.trunks == (Trunk("a"), Trunk("b", 30))
    assert routing.routes == (Route(("b", "a")), Route(("a",), ("+44",)))


def test_numbers_that_lead_here_are_not_called() -> None:
    plan = parse(GOOD + '[dial_in]\ncommon = "442079460000"\nconferences = ["02079460001", "52203"]\n')
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
        (A + "host = 'a b'\n", 'trunk number 1, host: "a b" is neither a host name nor an address: write'),
        (A + "host = 7\n", "trunk number 1, host: write a host name or an address in quotes"),
        (A + "dial = 'x'\n", "trunk number 1: dial is not known here; known are: name, kind, channels"),
        ("[[trunk]]\nname = 'A/b'\n", "trunk number 1, name: write a name of small letters"),
        (A + '[[route]]\ntrunks = ["b"]\n', "route number 1, trunks: b is no [[trunk]]"),
        (A + '[[route]]\ntrunks = ["a"]\nprefixes = ["+44"]\n', "route: exactly one route must be without"),
        (
            A + '[[route]]\ntrunks = ["a"]\nprefixes = ["44"]\n',
            "route number 1, prefixes number 1: write",
        ),
        (A + "register = true\n", "trunk number 1: register needs host, username and password"),
        (
            A + "from_user = 'acc'\nidentity_out = 'none'\n",
            "trunk number 1: from_user takes the place of the subscriber's number",
        ),
        (
            A + HOST + B + HOST,
            "trunk a and trunk b: calls from 192.0.2.20 could be of either, and would all be counted on a",
        ),
        (
            A + HOST + "port = 5061\n" + B + HOST + "transport = 'tcp'\n",
            "trunk a and trunk b: calls from 192.0.2.20 could be of either",
        ),
        (
            A + HOST + B + "host = '192.0.2.99'\nmatch = ['192.0.2.16/28']\n",
            "trunk a and trunk b: calls from 192.0.2.20 could be of either",
        ),
        (A + "called_out_add = '#9'\n", "trunk number 1, called_out_add: write digits, perhaps with +"),
        (A + "called_in = 'e123'\n", 'trunk number 1, called_in: write one of "00"'),
        ("[trunks]\nsilence = 3\n", "trunks.silence: write a whole number from 7 to 32"),
    ],
)
def test_a_refusal_says_where_and_what_to_write(text: str, words: str) -> None:
    assert refusal(GOOD + text).startswith(words)


@pytest.mark.parametrize("keys", ["port = 5070\n", "register = true\nusername = 'u'\npassword = 'p'\n"])
def test_trunks_at_one_address_that_can_be_told_apart_are_taken(keys: str) -> None:
    assert len(parse(GOOD + A + HOST + B + HOST + keys).trunk) == 2


def test_a_trunk_says_how_its_switch_writes_numbers() -> None:
    keys = (
        "called_out = 'national'\ncalled_out_add = '9'\ncalling_out = 'digits'\ncalled_in = '00'\n"
        "calling_in_strip = '+44'\ncalled_in_header = 'to'\nidentity_in = ['pai', 'ppi']\n"
    )
    found = parse(GOOD + A + keys + B).trunk_numbers()
    assert found["a"] == TrunkNumbers(
        Writing(Style.NATIONAL, add="9"),
        Writing(Style.DIGITS),
        Writing(Style.ZEROS),
        Writing(strip="+44"),
        called_in_to=True,
        trusted=(Identity.ASSERTED, Identity.PREFERRED),
    )
    assert found["b"] == TrunkNumbers(Writing(Style.E164), Writing(Style.E164))


def test_pins_are_too_many_as_configured() -> None:
    assert parse(GOOD).pin_rules() == PinRules(1000, 0.5)
    keys = "[dial_in]\nguess_one_in = 100\npins_alarm_percent = 20\n"
    assert parse(GOOD + keys).pin_rules() == PinRules(100, 0.2)


REGISTERS = "register = true\nusername = 'acc'\npassword = 'p'\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            A + "match = ['0.0.0.0/0']\n",
            'trunk number 1, match number 1: "0.0.0.0/0" lets in who is no switch',
        ),
        (A + "match = ['192.0.2.9', '::/0']\n", 'trunk number 1, match number 2: "::/0" lets in who is no'),
        (
            A + "match = ['192.0.2.1/33']\n",
            'trunk number 1, match number 1: "192.0.2.1/33" is no network: write',
        ),
        (
            A + "match = ['192.0.2.999']\n",
            'trunk number 1, match number 1: "192.0.2.999" is no address: four',
        ),
        (
            A + "match = ['192.0.2.1:5060']\n",
            'trunk number 1, match number 1: "192.0.2.1:5060" has a port in it',
        ),
        (
            A + "host = 'sip:192.0.2.1'\n",
            'trunk number 1, host: "sip:192.0.2.1" is a URI: write the host alone',
        ),
        (A + "from_domain = 'sip.example:5060'\n", "trunk number 1, from_domain: "),
        (
            A + "host = '2001:db8::20'\n",
            'trunk number 1, host: "2001:db8::20" is of IPv6, which trunks.bind "0.0.0',
        ),
        (A + "match = ['2001:db8::/32']\n", 'trunk number 1, match number 1: "2001:db8::/32" is of IPv6'),
        (
            A + HOST + "[trunks]\nbind = '::'\n",
            'trunk number 1, host: "192.0.2.20" is of IPv4, which trunks.bind',
        ),
        (A + "called_out_add = '+'\n", "trunk number 1, called_out_add: e164 begins with + already"),
        (
            A + HOST + "from_user = 'a@b'\nidentity_out = 'pai'\n",
            "trunk number 1, from_user: write what stands",
        ),
        (
            A + "[[route]]\ntrunks = ['a']\nprefixes = ['+4909']\n[[route]]\ntrunks = ['a']\n",
            "route number 1, prefixes: +4909 has the 0",
        ),
        (
            "[trunks]\nbind = 'localhost'\n",
            'trunks.bind: "localhost" is no address: write one of this server',
        ),
        (
            A + HOST + REGISTERS + B + HOST + REGISTERS,
            "trunk a and trunk b: both register the account acc at 192",
        ),
        (
            A + "transport = 'tls'\n" + B + "transport = 'tcp'\n"
            "[trunks]\ntls_port = 5060\ncertificate = '/c'\nprivate_key = '/k'\n",
            "trunks: tcp and tls cannot share a port",
        ),
        ("[trunks]\ncertificate = 'cert.pem'\n", 'trunks.certificate: "cert.pem" does not begin at the root'),
        (A + '[[route]]\ntrunks = ["a", "a"]\n', "route number 1, trunks: one is named twice"),
        (
            A + B + '[[route]]\ntrunks = ["a"]\nprefixes = ["+44"]\n[[route]]\ntrunks = ["b"]\n'
            '[[route]]\ntrunks = ["b"]\nprefixes = ["+49", "+44"]\n',
            "route number 3, prefixes: +44 is in route number 1 too",
        ),
    ],
)
def test_what_asterisk_would_take_wrongly_or_not_at_all_is_refused(text: str, words: str) -> None:
    assert refusal(GOOD + text).startswith(words)


def test_one_account_at_two_registrars_is_taken() -> None:
    other = "host = '192.0.2.21'\nfrom_domain = '192.0.2.20'\n"
    assert len(parse(GOOD + A + HOST + REGISTERS + B + other + REGISTERS).trunk) == 2


def test_addresses_of_the_version_that_is_bound_are_taken() -> None:
    keys = "host = '2001:db8::20'\nmatch = ['2001:db8::/32', 'sip.example']\n"
    (trunk,) = parse(GOOD + A + keys + "[trunks]\nbind = '::'\n").trunk
    assert [str(match.network) for match in trunk.match] == ["2001:db8::/32", "None"]
