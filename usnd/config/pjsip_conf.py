"""Asterisk's pjsip.conf for the configured trunks: pure text, the same for the same configuration.

`usnd trunk pjsip` prints it. A trunk without a host is an error (`NoHost`). Nothing is accepted from an
address that is no trunk's: there is no anonymous endpoint. A switch is known by its address; where several
share one, by its port or by our registration.
"""

from collections.abc import Iterator, Sequence

from usnd.asterisk.progress import INCOMING
from usnd.asterisk.technology.pjsip import endpoint_of
from usnd.config.trunks import SIP_PORT, TrunkConfig, TrunksConfig, address_of
from usnd.domain.trunks.identification import Known, tell_apart

Options = Sequence[tuple[str, object]]


class NoHost(Exception):
    """A trunk has no host; the message says which."""


def pjsip_conf(trunks: Sequence[TrunkConfig], common: TrunksConfig) -> str:
    """The whole file. Raises NoHost."""
    parts = [*_general(common), *_transports(trunks, common)]
    known = tell_apart([address_of(trunk) for trunk in trunks])
    for trunk in trunks:
        parts += _trunk(trunk, common, known)
    return "; Made by `usnd trunk pjsip`: change the trunks in usnd's configuration instead.\n" + "".join(
        f"\n[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in options) for name, options in parts
    )


def _general(common: TrunksConfig) -> Iterator[tuple[str, Options]]:
    yield "global", [("type", "global"), ("endpoint_identifier_order", "ip")]
    # RFC 3261 has 32 s for timer B: nobody waits so long for the next trunk. Asterisk takes it only with a
    # T1 of a 64th of it.
    first = round(common.silence * 1000 / 64)
    yield "system", [("type", "system"), ("timer_t1", first), ("timer_b", first * 64)]


def _transports(trunks: Sequence[TrunkConfig], common: TrunksConfig) -> Iterator[tuple[str, Options]]:
    for protocol in sorted({trunk.transport for trunk in trunks}):
        port = common.tls_port if protocol == "tls" else common.bind_port
        options: list[tuple[str, object]] = [
            ("type", "transport"),
            ("protocol", protocol),
            ("bind", f"{_host(common.bind)}:{port}"),
        ]
        if protocol == "tls":
            options += [
                ("method", "tlsv1_2"),
                ("cert_file", common.certificate),
                ("priv_key_file", common.private_key),
                ("verify_server", "yes"),
                ("verify_client", "yes"),
                ("require_client_cert", "yes"),
            ]
            if common.ca is not None:
                options.append(("ca_list_file", common.ca))
        yield f"transport-{protocol}", options


def _trunk(trunk: TrunkConfig, common: TrunksConfig, known: Known) -> Iterator[tuple[str, Options]]:
    if trunk.host is None:
        raise NoHost(f"trunk {trunk.name}: host is missing: where is the switch?")
    yield endpoint_of(trunk.name), _endpoint(trunk, common)
    port = f":{trunk.port}" if trunk.port else ""
    # Not `sips:`: Asterisk 22 then refuses its own INVITE, whose Contact is none.
    transport = "" if trunk.transport == "udp" else f";transport={trunk.transport}"
    contact = f"sip:{_host(trunk.host)}{port}{transport}"
    yield (
        trunk.name,
        [
            ("type", "aor"),
            ("contact", contact),
            ("qualify_frequency", trunk.qualify),
            ("qualify_timeout", "3.0"),
        ],
    )
    endpoint = endpoint_of(trunk.name)
    if trunk.name not in known.by_registration:
        source = (trunk.port or SIP_PORT) if trunk.name in known.by_port else None
        matches = [("match", _matched(network, source)) for network in trunk.match or (trunk.host,)]
        yield trunk.name, [("type", "identify"), ("endpoint", endpoint), *matches]
    if trunk.register:
        yield trunk.name, _registration(trunk, contact)
    if trunk.username is not None and trunk.password is not None:
        yield (
            f"{trunk.name}-auth",
            [
                ("type", "auth"),
                ("auth_type", "digest"),
                ("username", trunk.username),
                ("password", trunk.password.reveal()),
            ],
        )


def account_of(trunk: TrunkConfig) -> str:
    """The URI by which the trunk registers, as Asterisk's events name it."""
    return f"sip:{trunk.username}@{_host(trunk.from_domain or trunk.host or '')}"


def _registration(trunk: TrunkConfig, contact: str) -> Options:
    return [
        ("type", "registration"),
        ("transport", f"transport-{trunk.transport}"),
        ("server_uri", contact),
        ("client_uri", account_of(trunk)),
        ("contact_user", trunk.username),
        ("outbound_auth", f"{trunk.name}-auth"),
        ("endpoint", endpoint_of(trunk.name)),
        ("line", "yes"),
        ("expiration", trunk.register_expiry),
        ("retry_interval", trunk.register_retry),
        # It never gives up, whatever it was answered: a registrar that is being repaired says anything.
        ("forbidden_retry_interval", trunk.register_forbidden_retry),
        ("fatal_retry_interval", trunk.register_forbidden_retry),
        ("max_retries", 10**9),
        ("auth_rejection_permanent", "no"),
    ]


def _matched(network: str, port: int | None) -> str:
    """As `match` wants it: an address or a network, its port between both parts of it."""
    if port is None:
        return network
    address, slash, bits = network.partition("/")
    return f"{_host(address)}:{port}{slash}{bits}"


def _endpoint(trunk: TrunkConfig, common: TrunksConfig) -> Options:
    options: list[tuple[str, object]] = [
        ("type", "endpoint"),
        ("transport", f"transport-{trunk.transport}"),
        ("context", INCOMING),
        ("disallow", "all"),
        ("allow", ",".join(trunk.codecs)),
        ("use_ptime", "yes"),  # else what a room mixes at a time is one packet: confbridge-usn.conf
        ("aors", trunk.name),
        ("direct_media", "no"),
        ("dtmf_mode", "auto"),  # inband where the switch offers no telephone-event (RFC 4733)
        # A leg whose speech stopped is dead, unless it is on hold: of that one a session timer asks.
        ("rtp_timeout", common.media_timeout),
        ("rtp_timeout_hold", 0),
        ("timers", "always"),
        ("timers_sess_expires", common.session_expires),
        # Nothing is dialled that usnd did not order (REQUIREMENTS C12):
        # usnd/asterisk/technology/pjsip.py.
        ("redirect_method", "uri_core"),
        ("allow_transfer", "no"),
        ("allow_subscribe", "no"),
        ("message_context", "usn-nothing"),
        # The calling number is the subscriber's, who pays (REQUIREMENTS C2); the switch's word is taken.
        ("trust_id_inbound", "yes"),
        ("trust_id_outbound", "yes"),
        ("send_pai", "yes" if trunk.identity_out in ("pai", "both") else "no"),
        ("send_rpid", "yes" if trunk.identity_out in ("rpid", "both") else "no"),
    ]
    options += [
        (key, value)
        for key, value in (("from_user", trunk.from_user), ("from_domain", trunk.from_domain))
        if value is not None
    ]
    if not common.bind.address.is_unspecified:  # of a pair: the floating address, for speech as well
        options += [("media_address", common.bind), ("bind_rtp_to_media_address", "yes")]
    if trunk.srtp:
        options += [("media_encryption", "sdes"), ("media_encryption_optimistic", "no")]
    if trunk.username is not None:
        options.append(("outbound_auth", f"{trunk.name}-auth"))
    return options


def _host(host: str) -> str:
    """As it stands in a SIP URI: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
