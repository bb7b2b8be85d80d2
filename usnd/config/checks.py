"""What no single value of the configuration shows: what must fit another, or may stand there once only.

config/load.py asks, once each value is read. Every refusal says which keys, why, and what to write.
"""

from collections.abc import Sequence
from string import hexdigits
from typing import TYPE_CHECKING

from phonenumbers import SUPPORTED_REGIONS

from usnd.config.billing import destination_names
from usnd.config.trunks import SIP_PORT, RouteConfig, TrunkConfig, TrunksConfig, address_of
from usnd.config_file.values import URL_WORDS, ConfigError
from usnd.domain.billing.fields import layout_trouble
from usnd.domain.conference.dtmf_menu import clashes
from usnd.domain.dial_in.admission import written_twice
from usnd.domain.numbers.e164 import has_trunk_prefix_within
from usnd.domain.subscribers.credentials import SHORTEST_KEY
from usnd.domain.trunks.identification import Doubt, tell_apart

if TYPE_CHECKING:
    from usnd.config.sections import Config, SmscConfig
    from usnd.config_file.values import Secret
    from usnd.domain.network.hosts import Address

LONGEST_SMPP_PASSWORD = 8
"""SMPP 3.4 §4.1.1: 9 octets with the final NUL."""
_LAST_PORT = 65_535


def check(config: "Config") -> None:
    """Raises ConfigError."""
    if config.node.home_region not in SUPPORTED_REGIONS:
        raise ConfigError(
            f"node.home_region: {config.node.home_region} is not the code of a country (ISO 3166)"
        )
    if clash := clashes(config.key_menu().keys):
        one, other = clash
        raise ConfigError(f"menu: {other} begins with {one}, so that one of the two could never be chosen")
    _check_store(config.store.url)
    _check_binds(config.smsc)
    _check_numbers(config)
    _check_trunks(config.trunk, config.route, config.trunks)
    _check_credential_key(config.provisioning.credential_key)
    _check_portal(config)
    _check_billing(config)


def _check_billing(config: "Config") -> None:
    try:
        config.billing.zone()
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            f'billing.time_zone: {config.billing.time_zone} is not known here: write one as "Europe/London"'
        ) from error
    names = destination_names(config)
    if names and config.billing.directory is None:
        raise ConfigError("billing.directory: set it, as files for a destination are written there")
    if len(set(names)) < len(names):
        raise ConfigError("cdr_destination, summary_destination: two of them have the same name")
    for destination in config.cdr_destination:
        if trouble := layout_trouble(destination.fields):
            raise ConfigError(f"cdr_destination {destination.name}: fields: {trouble}")


def _check_portal(config: "Config") -> None:
    portal, provisioning = config.portal, config.provisioning
    if portal.user is not None and provisioning.credential_key is None:
        raise ConfigError(
            "portal.user: the portal knows first passwords and codes by provisioning.credential_key: set"
            " that, as `openssl rand -hex 32` gives it"
        )
    if portal.user is not None and portal.user == provisioning.user:
        raise ConfigError("portal.user: each site has a user of its own, and this one is provisioning.user")
    if portal.longest < portal.idle:
        raise ConfigError("portal.longest: is less than portal.idle: write as much or more")


def _check_credential_key(secret: "Secret | None") -> None:
    """Repeats nothing of it."""
    if secret is None:
        return
    digits, least = secret.reveal(), 2 * SHORTEST_KEY
    if len(digits) < least or len(digits) % 2 or not set(digits) <= set(hexdigits):
        raise ConfigError(
            f"provisioning.credential_key: write {least} hexadecimal digits or more, two for each octet, as"
            " `openssl rand -hex 32` gives them"
        )


def _check_store(url: str) -> None:
    """Repeats nothing of it: a password may stand there."""
    host = url.partition("://")[2].partition("?")[0].rpartition("@")[2].partition("/")[0]
    if host.startswith("[") != ("]" in host) or host.count("]") > 1:
        raise ConfigError(f"store.url: the host is not whole between [ and ]: write {URL_WORDS}")
    _, colon, port = host.rpartition("]")[2].rpartition(":")
    if host and not host.startswith("[") and host.count(":") > 1:
        raise ConfigError(f"store.url: an IPv6 address stands between [ and ]: write {URL_WORDS}")
    if colon and not (port.isascii() and port.isdecimal() and 0 < int(port) <= _LAST_PORT):
        raise ConfigError(f"store.url: behind the host's colon there is no port: write {URL_WORDS}")


def _check_numbers(config: "Config") -> None:
    ways = config.dial_in
    twice = written_twice((ways.common, *ways.conferences), config.node.home_region)
    if twice:
        one, other = twice
        also = "" if one == other else f', also written "{other}"'
        raise ConfigError(
            f'dial_in: "{one}"{also}, stands there twice, and can lead one way only: give each its own'
        )
    _check_prefixes("numbers", (*config.numbers.allowed, *config.numbers.barred))
    if both := sorted(set(config.numbers.allowed) & set(config.numbers.barred)):
        raise ConfigError(f"numbers: {both[0]} is allowed and barred: take it out of one of the two")


def _check_prefixes(where: str, prefixes: Sequence[str]) -> None:
    if wrong := next(filter(has_trunk_prefix_within, prefixes), None):
        raise ConfigError(
            f"{where}: {wrong} has the 0 that is dialled only within the country, and meets no number:"
            " leave the 0 out"
        )


def _check_binds(binds: Sequence["SmscConfig"]) -> None:
    for number, smsc in enumerate(binds, start=1):
        password, most = smsc.password.reveal(), LONGEST_SMPP_PASSWORD
        if len(password) > most or not password.isascii():
            raise ConfigError(
                f"smsc number {number}, password: SMPP carries at most {most} characters of ASCII"
            )
        if not (smsc.system_id + smsc.system_type).isascii():
            raise ConfigError(f"smsc number {number}: SMPP carries system_id and system_type in ASCII only")
        try:
            smsc.refusals()
        except ConfigError as error:
            raise ConfigError(f"smsc number {number}: {error}") from error
    names = [smsc.name for smsc in binds]
    if len(set(names)) != len(names):
        raise ConfigError("smsc: two binds have the same name; give each its own")


def _check_trunks(trunks: Sequence[TrunkConfig], routes: Sequence[RouteConfig], common: TrunksConfig) -> None:
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
        if trunk.called_out == "e164" and trunk.called_out_add.startswith("+"):
            raise ConfigError(f"{where}, called_out_add: e164 begins with + already: leave it out")
        _check_identity(where, trunk)
        _check_reached(where, trunk, common)
    _check_ports(trunks, common)
    _check_told_apart(trunks)
    _check_accounts(trunks)
    _check_routes(routes, names)


def _check_routes(routes: Sequence[RouteConfig], names: Sequence[str]) -> None:
    homes: dict[str, int] = {}
    for number, route in enumerate(routes, start=1):
        if unknown := [name for name in route.trunks if name not in names]:
            raise ConfigError(f"route number {number}, trunks: {unknown[0]} is no [[trunk]]")
        if len(set(route.trunks)) != len(route.trunks):
            raise ConfigError(f"route number {number}, trunks: one is named twice; name each once")
        _check_prefixes(f"route number {number}, prefixes", route.prefixes)
        for prefix in route.prefixes:
            if homes.setdefault(prefix, number) != number:
                raise ConfigError(
                    f"route number {number}, prefixes: {prefix} is in route number {homes[prefix]} too, and"
                    " its calls can go one way only: take it out of one of the two"
                )
    if routes and sum(not route.prefixes for route in routes) != 1:
        raise ConfigError("route: exactly one route must be without prefixes, for all other numbers")


def _check_reached(where: str, trunk: TrunkConfig, common: TrunksConfig) -> None:
    """Addresses of one IP version never reach the other."""
    own = common.bind.address.version
    far: list[tuple[str, str | None, Address | None]] = []
    far.append(("host", trunk.host, trunk.host.address if trunk.host else None))
    far += [
        (f"match number {number}", match, match.network.network_address if match.network else None)
        for number, match in enumerate(trunk.match, start=1)
    ]
    for key, written, address in far:
        if address is not None and address.version != own:
            raise ConfigError(
                f'{where}, {key}: "{written}" is of IPv{address.version}, which trunks.bind "{common.bind}"'
                f" does not reach: write an address of IPv{own}, or change trunks.bind"
            )


def _check_ports(trunks: Sequence[TrunkConfig], common: TrunksConfig) -> None:
    if {"tcp", "tls"} <= {trunk.transport for trunk in trunks} and common.bind_port == common.tls_port:
        raise ConfigError("trunks: tcp and tls cannot share a port: give bind_port and tls_port two numbers")


def _check_accounts(trunks: Sequence[TrunkConfig]) -> None:
    """A registrar keeps one registration of an account for each Contact, and ours would take turns."""
    homes: dict[tuple[object, ...], str] = {}
    for trunk in trunks:
        if not trunk.register or trunk.host is None:
            continue
        home = (trunk.from_domain or trunk.host).lower()
        account = (trunk.username, home, trunk.host.lower(), trunk.port or SIP_PORT)
        if (first := homes.setdefault(account, trunk.name)) != trunk.name:
            raise ConfigError(
                f"trunk {first} and trunk {trunk.name}: both register the account {trunk.username} at"
                f" {trunk.host}: register it with one (register = true), or make them one trunk"
            )


def _check_identity(where: str, trunk: TrunkConfig) -> None:
    if trunk.register and None in (trunk.username, trunk.host):
        raise ConfigError(f"{where}: register needs host, username and password")
    if "@" in (trunk.from_user or ""):
        raise ConfigError(f"{where}, from_user: write what stands before the @; behind it stands from_domain")
    if trunk.from_user is not None and trunk.identity_out == "none":
        raise ConfigError(
            f"{where}: from_user takes the place of the subscriber's number, who pays for the call: say it by"
            ' identity_out = "pai" or "rpid"'
        )


def _check_told_apart(trunks: Sequence[TrunkConfig]) -> None:
    for doubt in tell_apart([address_of(trunk) for trunk in trunks]).doubts:
        raise ConfigError(_in_words(doubt))


def _in_words(doubt: Doubt) -> str:
    return (
        f"trunk {doubt.one} and trunk {doubt.other}: calls from {doubt.address} could be of either, and would"
        f" all be counted on {doubt.one}. Give each the port from which its switch sends (port, with udp) or"
        " an address of its own (match), let one register (register = true), or make them one trunk"
    )
