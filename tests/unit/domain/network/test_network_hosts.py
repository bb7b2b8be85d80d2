"""Hosts, addresses and networks are what they say, or refused with what to write."""

from ipaddress import ip_address

import pytest

from usnd.domain.network.hosts import Host, HostAddress, Network, OwnAddress, Unusable


@pytest.mark.parametrize(
    "written", ["h", "SIP.carrier.example", "192.0.2.20", "2001:db8::1", "jasmin_1", "a.example."]
)
def test_hosts(written: str) -> None:
    assert Host(written) == written
    assert Network(written) == written


def test_what_they_mean() -> None:
    assert Host("sip.example").address is None
    assert Host("192.0.2.20").address == ip_address("192.0.2.20")
    assert HostAddress("2001:db8::1").address == ip_address("2001:db8::1")
    assert OwnAddress("::").address.is_unspecified
    assert str(Network("192.0.2.20").network) == "192.0.2.20/32"
    assert str(Network("192.0.2.20/28").network) == "192.0.2.16/28"
    assert Network("sip.example").network is None


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("sip:192.0.2.20", "is a URI"),
        ("sips:me@sip.example;transport=tls", "is a URI"),
        ("https://sip.example", "is a URI"),
        ("sip.example:5060", 'has a port in it: write "sip.example", and 5060 as the key'),
        ("[2001:db8::1]:5060", "write an IPv6 address without"),
        ("192.0.2.999", "is no address"),
        ("192.0.2", "is no address"),
        ("2001:db8::1::2", "neither a host name"),
        ("fe80::1%eth0", "neither a host name"),
        ("a..example", "neither a host name"),
        ("-a.example", "neither a host name"),
        ("a" * 64, "neither a host name"),
        (".".join(["abcdefghi"] * 26), "neither a host name"),
        ("", "neither a host name"),
        ("0.0.0.0", "of no host"),
        ("::", "of no host"),
        ("224.0.1.75", "of no host"),
        ("255.255.255.255", "of no host"),
        ("192.0.2.40-45", "is no address"),
        ("0xc0000214", "is no address"),
        ("10-20", "is no address"),
    ],
)
def test_no_hosts(written: str, words: str) -> None:
    for kind in (Host, Network):
        with pytest.raises(Unusable, match=words.replace("[", r"\[")):
            kind(written)


@pytest.mark.parametrize("written", ["10.0.0.0/8", "fd00::/16", "192.0.2.1/32", "192.0.2.0/28"])
def test_networks(written: str) -> None:
    assert str(Network(written).network) == written


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("0.0.0.0/0", "lets in who is no switch of yours.* each with 8 bits"),
        ("128.0.0.0/1", "lets in"),
        ("::/0", "lets in .* each with 16 bits"),
        ("192.0.2.1/33", "is no network"),
        ("192.0.2.0/255.255.255.0", "is no network"),
        ("192.0.2.0/", "is no network"),
        ("sip.example/24", "is no network"),
        ("192.0.2.1:5060/28", "is no network"),
        ("224.0.0.0/8", "of no host"),
    ],
)
def test_no_networks(written: str, words: str) -> None:
    with pytest.raises(Unusable, match=words):
        Network(written)


@pytest.mark.parametrize("written", ["localhost", "192.0.2.1:5060", "224.0.1.75", ""])
def test_no_addresses_to_listen_at(written: str) -> None:
    with pytest.raises(Unusable, match="write one of this server"):
        OwnAddress(written)


@pytest.mark.parametrize("written", ["gateway.example", "192.0.2.1/24"])
def test_no_address_of_one_host(written: str) -> None:
    with pytest.raises(Unusable, match="is no address: write it in numbers"):
        HostAddress(written)
