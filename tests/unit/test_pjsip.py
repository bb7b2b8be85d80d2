"""Proves Asterisk's pjsip.conf as written for trunks: who may come in, how each side is secured."""

import configparser
from pathlib import Path

import pytest

from usnd.config_trunks import TrunkConfig, TrunksConfig
from usnd.config_types import Secret
from usnd.pjsip import NoHost, pjsip_conf

PLAIN = TrunkConfig(name="msc", host="192.0.2.20")
TLS = TrunkConfig(
    name="far",
    host="2001:db8::1",
    port=5071,
    transport="tls",
    srtp=True,
    username="usn",
    password=Secret("hush1"),
    match=("192.0.2.64/28", "192.0.2.9"),
)
COMMON = TrunksConfig(bind="192.0.2.212", certificate=Path("/c"), private_key=Path("/k"), ca=Path("/a"))


def sections(*trunks: TrunkConfig, common: TrunksConfig = COMMON) -> dict[tuple[str, str], dict[str, str]]:
    """By name and type; an option that is there twice has the last value."""
    found = {}
    for part in pjsip_conf(trunks, common).split("\n[")[1:]:
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read_string("[" + part)
        (name,) = parser.sections()
        options = dict(parser[name])
        found[name, options["type"]] = options
    return found


def test_a_plain_trunk_is_known_by_its_address_and_comes_in_at_one_place() -> None:
    conf = sections(PLAIN)
    endpoint = conf["usn/msc", "endpoint"]
    assert (endpoint["context"], endpoint["transport"]) == ("usn-incoming", "transport-udp")
    assert (endpoint["disallow"], endpoint["allow"]) == ("all", "alaw,ulaw")
    assert "media_encryption" not in endpoint
    assert "outbound_auth" not in endpoint
    assert endpoint["media_address"] == "192.0.2.212"
    assert conf["msc", "identify"]["match"] == "192.0.2.20"
    assert conf["msc", "aor"]["contact"] == "sip:192.0.2.20"
    assert conf["msc", "aor"]["qualify_frequency"] == "10"
    assert conf["transport-udp", "transport"]["bind"] == "192.0.2.212:5060"
    assert conf["global", "global"]["endpoint_identifier_order"] == "ip"
    assert not any("anonymous" in name for name, _ in conf)


def test_a_trunk_by_tls_shows_certificates_and_refuses_plain_speech() -> None:
    conf = sections(PLAIN, TLS)
    transport, endpoint = conf["transport-tls", "transport"], conf["usn/far", "endpoint"]
    assert [transport[key] for key in ("cert_file", "priv_key_file", "ca_list_file")] == ["/c", "/k", "/a"]
    assert transport["verify_server"] == transport["require_client_cert"] == "yes"
    assert (endpoint["media_encryption"], endpoint["media_encryption_optimistic"]) == ("sdes", "no")
    assert conf["far", "aor"]["contact"] == "sip:[2001:db8::1]:5071;transport=tls"
    assert (endpoint["outbound_auth"], conf["far-auth", "auth"]["password"]) == ("far-auth", "hush1")
    assert "match = 192.0.2.64/28\nmatch = 192.0.2.9\n" in pjsip_conf([TLS], COMMON)


def test_other_ways_to_listen_and_to_reach() -> None:
    tcp = TrunkConfig(name="msc", host="sip.example", transport="tcp", port=5070)
    conf = sections(tcp, common=TrunksConfig())
    assert conf["msc", "aor"]["contact"] == "sip:sip.example:5070;transport=tcp"
    assert "media_address" not in conf["usn/msc", "endpoint"]
    bare = TrunksConfig(certificate=Path("/c"), private_key=Path("/k"))
    assert "ca_list_file" not in sections(TLS, common=bare)["transport-tls", "transport"]


def test_silence_is_a_timer_that_asterisk_takes() -> None:
    system = sections(PLAIN, common=TrunksConfig(silence=7))["system", "system"]
    assert (system["timer_t1"], system["timer_b"]) == ("109", "6976")


def test_a_trunk_without_a_host_is_refused_by_name() -> None:
    with pytest.raises(NoHost, match="trunk msc: host is missing"):
        pjsip_conf([TrunkConfig(name="msc")], COMMON)


def test_nothing_is_dialled_or_transferred_that_usnd_did_not_order() -> None:
    """An endpoint with a slash in its name is not found by a diversion: usnd/asterisk/endpoints.py."""
    for trunk in (PLAIN, TLS):
        endpoint = sections(PLAIN, TLS)[f"usn/{trunk.name}", "endpoint"]
        assert (endpoint["redirect_method"], endpoint["allow_transfer"]) == ("uri_core", "no")
        assert (endpoint["allow_subscribe"], endpoint["message_context"]) == ("no", "usn-nothing")
        assert endpoint["context"] == "usn-incoming"


def test_a_leg_that_fell_silent_ends_and_one_on_hold_stays() -> None:
    common = TrunksConfig(media_timeout=7, session_expires=90)
    endpoint = sections(PLAIN, common=common)["usn/msc", "endpoint"]
    assert (endpoint["rtp_timeout"], endpoint["rtp_timeout_hold"]) == ("7", "0")
    assert (endpoint["timers"], endpoint["timers_sess_expires"]) == ("always", "90")


def test_keys_are_heard_in_the_sound_where_no_events_are_offered() -> None:
    assert sections(PLAIN)["usn/msc", "endpoint"]["dtmf_mode"] == "auto"
