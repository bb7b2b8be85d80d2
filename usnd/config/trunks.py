"""The part of the configuration that is about trunks (REQUIREMENTS V1, V4, C10): names, defaults, bounds.

sections.py reads it with the rest. Nothing here is in Asterisk's words: config/pjsip_conf.py turns it into
Asterisk's configuration.
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from usnd.config_file.values import Name, Port, Prefix, Seconds, Secret, Section, text
from usnd.domain.network.hosts import Host, Network, OwnAddress
from usnd.domain.trunks.identification import Address
from usnd.domain.trunks.number_format import Style, TrunkNumbers, Writing
from usnd.domain.trunks.sip_uri import Identity
from usnd.domain.trunks.trunk import Route, Routing, Trunk

LONGEST_WAIT = 10.0
"""Seconds that a call may wait behind others to be dialled; a launch that would wait longer is refused."""

SIP_PORT = 5060
"""RFC 3261 §19.1.2, where a URI has none."""

SipUser = Annotated[
    str, text(r"^[A-Za-z0-9._~+@-]{1,100}$", "a user name of letters, digits and . _ ~ + @ -")
]
Codec = Literal["alaw", "ulaw", "opus"]
NumberStyle = Literal["e164", "digits", "00", "national"]
Header = Literal["pai", "rpid", "ppi", "from"]
Digits = Annotated[str, text(r"^\+?[0-9]{0,15}$", 'digits, perhaps with + before them, as "0"')]
Retry = Annotated[int, Meta(ge=5, le=86400)]


class TrunkConfig(Section, frozen=True, kw_only=True):
    """One trunk: Asterisk's PJSIP endpoint of this name."""

    name: Name
    kind: Literal["sip"] = "sip"
    channels: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    host: Host | None = None
    port: Port | None = None
    transport: Literal["udp", "tcp", "tls"] = "udp"
    srtp: bool = False
    username: SipUser | None = None
    password: Secret | None = None
    match: Annotated[tuple[Network, ...], Meta(max_length=50)] = ()
    codecs: Annotated[tuple[Codec, ...], Meta(min_length=1, max_length=3)] = ("alaw", "ulaw")
    qualify: Annotated[int, Meta(ge=0, le=3600)] = 10
    # How the carrier knows us.
    register: bool = False
    register_expiry: Annotated[int, Meta(ge=30, le=86400)] = 300
    register_retry: Retry = 30
    register_forbidden_retry: Retry = 300
    from_user: SipUser | None = None
    from_domain: Host | None = None
    identity_out: Literal["pai", "rpid", "both", "none"] = "pai"
    identity_in: Annotated[tuple[Header, ...], Meta(max_length=4)] = ("pai", "rpid", "from")
    # How numbers are written.
    called_out: NumberStyle = "e164"
    called_out_strip: Digits = ""
    called_out_add: Digits = ""
    calling_out: NumberStyle = "e164"
    calling_out_strip: Digits = ""
    calling_out_add: Digits = ""
    called_in: NumberStyle | None = None
    called_in_strip: Digits = ""
    called_in_add: Digits = ""
    called_in_header: Literal["request", "to"] = "request"
    calling_in: NumberStyle | None = None
    calling_in_strip: Digits = ""
    calling_in_add: Digits = ""


class RouteConfig(Section, frozen=True, kw_only=True):
    """The trunks for numbers with one of these prefixes, the best first; no prefix: for all others."""

    trunks: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=32)]
    prefixes: Annotated[tuple[Prefix, ...], Meta(max_length=1000)] = ()


class TrunksConfig(Section, frozen=True, kw_only=True):
    """What holds for all trunks: when one is left alone, and this node's own side of SIP."""

    failures: Annotated[int, Meta(ge=1, le=1000)] = 3
    damped: Seconds = 30
    silence: Annotated[int, Meta(ge=7, le=32)] = 8
    media_timeout: Annotated[int, Meta(ge=0, le=3600)] = 20
    session_expires: Annotated[int, Meta(ge=90, le=86_400)] = 180
    bind: OwnAddress = OwnAddress("0.0.0.0")  # noqa: S104 - the firewall says who may reach it
    bind_port: Port = 5060
    tls_port: Port = 5061
    certificate: Path | None = None
    private_key: Path | None = None
    ca: Path | None = None


def routing(
    trunks: Sequence[TrunkConfig], routes: Sequence[RouteConfig], common: TrunksConfig, rate: float
) -> Routing:
    """The part of it that the domain needs. `rate`: calls dialled in a second."""
    return Routing(
        tuple(Trunk(trunk.name, trunk.channels) for trunk in trunks),
        tuple(Route(route.trunks, route.prefixes) for route in routes),
        failures=common.failures,
        damped=timedelta(seconds=common.damped),
        most_waiting=math.ceil(rate * LONGEST_WAIT),
    )


def trunk_numbers(trunk: TrunkConfig) -> TrunkNumbers:
    """How that trunk's switch writes numbers."""
    return TrunkNumbers(
        Writing(Style(trunk.called_out), trunk.called_out_strip, trunk.called_out_add),
        Writing(Style(trunk.calling_out), trunk.calling_out_strip, trunk.calling_out_add),
        Writing(_style(trunk.called_in), trunk.called_in_strip, trunk.called_in_add),
        Writing(_style(trunk.calling_in), trunk.calling_in_strip, trunk.calling_in_add),
        called_in_to=trunk.called_in_header == "to",
        trusted=tuple(Identity(header) for header in trunk.identity_in),
    )


def _style(style: str | None) -> Style | None:
    return None if style is None else Style(style)


def address_of(trunk: TrunkConfig) -> Address:
    """From where its switch calls."""
    return Address(
        trunk.name,
        trunk.match or ((Network(trunk.host),) if trunk.host else ()),
        (trunk.port or SIP_PORT) if trunk.transport == "udp" else None,
        registers=trunk.register,
    )
