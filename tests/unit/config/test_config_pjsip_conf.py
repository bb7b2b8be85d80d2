"""Proves Asterisk's pjsip.conf as written for trunks: who may come in, how each side is secured."""

import configparser
from pathlib import Path
from typing import Literal

import pytest

from usnd.config.pjsip_conf import NoHost, pjsip_conf
from usnd.config.trunks import TrunkConfig, TrunksConfig
from usnd.config_file.values import Secret
from usnd.domain.network.hosts import Host, Network, OwnAddress

PLAIN = TrunkConfig(name="msc", host=Host("192.0.2.20"))
TLS = TrunkConfig(
    name="far",
    host=Host("2001:db8::1"),
    port=5071,
    transport="tls",
    srtp=True,
    username="usn",
    password=Secret("hush1"),
    match=(Network("192.0.2.64/28"), Network("192.0.2.9")),
)
COMMON = TrunksConfig(
    bind=OwnAddress("192.0.2.212"), certificate=Path("/c"), private_key=Path("/k"), ca=Path("/a")
)


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
    tcp = TrunkConfig(name="msc", host=Host("sip.example"), transport="tcp", port=5070)
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
    """An endpoint with a slash in its name is not found by a diversion:
    usnd/asterisk/technology/pjsip.py."""
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


ACCOUNT = TrunkConfig(
    name="acc",
    host=Host("192.0.2.20"),
    username="acc77",
    password=Secret("hush1"),
    register=True,
    from_domain=Host("carrier.example"),
    from_user="acc77",
    identity_out="both",
)


def test_a_trunk_registers_where_the_carrier_asks_for_it_and_never_gives_up() -> None:
    conf = sections(ACCOUNT)
    own = conf["acc", "registration"]
    assert (own["server_uri"], own["client_uri"]) == ("sip:192.0.2.20", "sip:acc77@carrier.example")
    assert (own["contact_user"], own["outbound_auth"], own["transport"]) == (
        "acc77",
        "acc-auth",
        "transport-udp",
    )
    assert (own["endpoint"], own["line"]) == ("usn/acc", "yes")
    assert (own["expiration"], own["retry_interval"], own["forbidden_retry_interval"]) == ("300", "30", "300")
    assert (own["auth_rejection_permanent"], own["fatal_retry_interval"]) == ("no", "300")
    assert int(own["max_retries"]) > 10**6
    endpoint = conf["usn/acc", "endpoint"]
    assert (endpoint["from_user"], endpoint["from_domain"]) == ("acc77", "carrier.example")
    assert (endpoint["send_pai"], endpoint["send_rpid"]) == ("yes", "yes")
    assert ("msc", "registration") not in sections(PLAIN)


@pytest.mark.parametrize(
    ("identity", "pai", "rpid"), [("pai", "yes", "no"), ("rpid", "no", "yes"), ("none", "no", "no")]
)
def test_the_carrier_says_in_which_header_it_wants_the_caller(
    identity: Literal["pai", "rpid", "none"], pai: str, rpid: str
) -> None:
    endpoint = sections(TrunkConfig(name="msc", host=Host("h"), identity_out=identity))["usn/msc", "endpoint"]
    assert (endpoint["send_pai"], endpoint["send_rpid"]) == (pai, rpid)
    assert "from_user" not in endpoint


def test_switches_at_one_address_are_known_by_their_port_besides() -> None:
    other = TrunkConfig(
        name="other",
        host=Host("192.0.2.20"),
        port=5070,
        match=(Network("192.0.2.16/28"), Network("2001:db8::1")),
    )
    text = pjsip_conf([PLAIN, other], COMMON)
    assert "match = 192.0.2.20:5060\n" in text
    assert "match = 192.0.2.16:5070/28\nmatch = [2001:db8::1]:5070\n" in text


def test_one_that_registers_at_the_address_of_another_is_known_by_that_alone() -> None:
    conf = sections(PLAIN, ACCOUNT)
    assert conf["msc", "identify"]["match"] == "192.0.2.20"
    assert ("acc", "identify") not in conf
