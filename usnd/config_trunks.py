"""The part of the configuration that is about trunks (REQUIREMENTS V1, C10): names, defaults, bounds.

Owns what a trunk may be. Refuses Asterisk's words: pjsip.py turns it into its configuration.
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from usnd.config_types import ConfigError, Name, Port, Prefix, Seconds, Secret, Section, text
from usnd.domain.trunks import Route, Routing, Trunk

LONGEST_WAIT = 10.0
"""Seconds that a call may wait behind others to be dialled; a launch that would wait longer is refused."""

Host = Annotated[str, text(r"^[A-Za-z0-9.:-]{1,253}$", 'a host name or an address, as "192.0.2.20"')]
Network = Annotated[
    str,
    text(r"^[A-Za-z0-9.:-]{1,253}(/\d{1,3})?$", 'an address or a network, as "192.0.2.20" or "192.0.2.0/28"'),
]
SipUser = Annotated[
    str, text(r"^[A-Za-z0-9._~+@-]{1,100}$", "a user name of letters, digits and . _ ~ + @ -")
]
Codec = Literal["alaw", "ulaw", "opus"]


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
    bind: Host = "0.0.0.0"  # noqa: S104 - the firewall says who may reach it
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
        common.failures,
        timedelta(seconds=common.damped),
        math.ceil(rate * LONGEST_WAIT),
    )


def check_trunks(trunks: Sequence[TrunkConfig], routes: Sequence[RouteConfig], common: TrunksConfig) -> None:
    """What no single value shows. Raises ConfigError."""
    names = [trunk.name for trunk in trunks]
    if len(set(names)) != len(names):
        raise ConfigError("trunk: two trunks have the same name; give each its own")
    for number, trunk in enumerate(trunks, start=1):
        where = f"trunk number {number}"
        if (trunk.username is None) is not (trunk.password is None):
            raise ConfigError(f"{where}: username and password need each other")
        if trunk.password is not None and not trunk.password.reveal().isalnum():
            raise ConfigError(f"{where}, password: write letters and digits only: Asterisk reads the rest")
        if trunk.transport == "tls" and None in (common.certificate, common.private_key):
            raise ConfigError(f"{where}: tls needs trunks.certificate and trunks.private_key")
        if trunk.srtp and trunk.transport != "tls":
            raise ConfigError(f"{where}: srtp needs tls, which carries its keys")
    for number, route in enumerate(routes, start=1):
        if unknown := [name for name in route.trunks if name not in names]:
            raise ConfigError(f"route number {number}, trunks: {unknown[0]} is no [[trunk]]")
    if routes and sum(not route.prefixes for route in routes) != 1:
        raise ConfigError("route: exactly one route must be without prefixes, for all other numbers")
