"""Makes those parts of usnd that are mostly configuration: what each of them is told stands here.

The daemon calls this while it puts a node together. Configuration goes in, and the parts that a part works
with; a part comes out, which nobody has started yet.
"""

import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from usnd.asterisk.ami import AmiSettings
from usnd.asterisk.calls import CallSettings
from usnd.ca.crl_watch import CrlWatch
from usnd.ca.places import AUTHORITIES, LISTS
from usnd.config.billing import destination_names
from usnd.config.pjsip_conf import account_of
from usnd.config.sections import Config, SmscConfig
from usnd.control.acts import Acts
from usnd.control.portal import PortalActs
from usnd.control.requests import socket_of
from usnd.control.rights import table_here
from usnd.control.server import ControlServer
from usnd.domain.billing.cdr import Origin
from usnd.domain.certificates.terminal import Terminal
from usnd.domain.certificates.validity import Listing
from usnd.domain.messaging.message import Priority
from usnd.services.alarms.alarms import Alarms
from usnd.services.billing.interim import InterimRecords
from usnd.services.billing.retention_watch import RetentionWatch
from usnd.services.billing.watch import ExportWatch
from usnd.services.certificates import CertificateWatch
from usnd.services.conference.administration import Administration
from usnd.services.conference.conferences import Conferences
from usnd.services.conference.launch import Launches
from usnd.services.conference.pictures import Pictures
from usnd.services.media_server.availability import VoiceEdge
from usnd.services.messaging.incoming_batch import TextPolicy
from usnd.services.messaging.outbox import Outbox
from usnd.services.portal.import_runner import ImportRunner
from usnd.services.portal.password_worker import PasswordWorker
from usnd.services.portal.portal import Portal
from usnd.services.portal.visit import PortalNode
from usnd.services.provisioning.provisioning import Provisioning
from usnd.services.recording.recordings import Recordings
from usnd.services.subscribers import time_zones
from usnd.services.trunks.trunks import Trunks
from usnd.smpp.link.session import Timers
from usnd.smpp.link.settings import BindKind, LinkSettings
from usnd.smpp.text.alphabets import Alphabet
from usnd.store.core.writer import Store

_RECEIPTS = {
    "none": frozenset[Priority](),
    "blasts": frozenset({Priority.BULK}),
    "all": frozenset(Priority),
}


Billing = InterimRecords | ExportWatch | RetentionWatch


class NotReady(Exception):
    """The daemon cannot start; the message says what to do."""


def trunks(config: Config, alarms: Alarms) -> Trunks:
    """All trunks, and how those are named that register."""
    accounts = {account_of(trunk): trunk.name for trunk in config.trunk if trunk.register}
    return Trunks(config.routing(), alarms, accounts)


def voice_edge(config: Config, used: Trunks, alarms: Alarms, clock: Callable[[], datetime]) -> VoiceEdge:
    """The edge to Asterisk."""
    at = config.asterisk
    return VoiceEdge(
        AmiSettings(at.host, at.port, at.username, at.secret.reveal()),
        CallSettings(
            originates_per_s=at.calls_per_second,
            home_region=config.node.home_region,
            trunks=config.trunk_numbers(),
        ),
        used,
        alarms,
        timedelta(seconds=at.frozen_after),
        clock,
        config.voice.prompts,
    )


def recordings(
    config: Config, store: Store, voice: VoiceEdge, alarms: Alarms, clock: Callable[[], datetime]
) -> Recordings:
    """The keeper of recordings."""
    at = config.recording
    return Recordings(store, voice.recorders, at.directory, config.keep_rules(), at.sweep, alarms, clock)


def launches(
    config: Config,
    store: Store,
    outbox: Outbox,
    conferences: Conferences,
    used: Trunks,
    clock: Callable[[], datetime],
) -> Launches:
    """The one use case by which a conference begins, for who does not text."""
    rules = config.conference_rules()
    chosen = secrets.randbelow
    return Launches(store, outbox, conferences, used, config.text_rules(), rules, chosen, clock)


def text_policy(config: Config) -> TextPolicy:
    """What is done with a text that comes in."""
    return TextPolicy(
        config.text_rules(),
        config.conference_rules(),
        config.repeat_rules(),
        config.no_service_rules() if config.texts.answer_unregistered else None,
        timedelta(seconds=config.texts.validity),
        config.node.short_code,
        secrets.randbelow,
        config.parts_rules(),
        {smsc.name: smsc.short_code for smsc in config.smsc if smsc.short_code},
        config.texts.talk_rules(),
    )


def control_server(config: Config, acts: Acts, pictures: Pictures) -> ControlServer:
    """Where commands come in, and what the sites ask for.

    For all users of this machine, where a group of operators or a site's user is set.
    """
    runtime, operators = config.node.runtime, config.node.operators_group
    site, people = config.provisioning.user, config.portal.user
    socket = socket_of(runtime) if runtime else None
    to_all = any(one is not None for one in (operators, site, people))
    return ControlServer(
        socket, acts.act, table_here(operators, site, people), to_all=to_all, follow=pictures.follow
    )


def portal(
    config: Config,
    store: Store,
    outbox: Outbox,
    launching: Launches,
    administration: Administration,
    imports: ImportRunner,
    clock: Callable[[], datetime],
) -> PortalActs | None:
    """What subscribers do at the portal; None: without the node's key there is none."""
    key = config.node_key()
    if key is None:
        return None
    own = PortalNode(
        key,
        config.node.home_region,
        config.portal.session_rules(),
        config.numbers_in(),
        config.node.call_back_number or "",
        most_participants=config.conference.most_participants,
        own=config.node_own(time_zones()),
    )
    service = Portal(store, outbox, launching, administration, own, PasswordWorker(), clock)
    return PortalActs(service, imports)


def crl_watch(config: Config, clock: Callable[[], datetime]) -> CrlWatch | None:
    """Who is revoked; None where nothing is published for nginx, as on a workstation."""
    at = config.provisioning.authorities
    return CrlWatch(at / AUTHORITIES, at / LISTS, clock) if at is not None else None


def provisioning(
    config: Config,
    store: Store,
    conferences: Conferences,
    watch: CrlWatch | None,
    clock: Callable[[], datetime],
) -> Provisioning:
    """What the CRM orders."""
    listing = watch.listing if watch is not None else _nobody_listed
    return Provisioning(store, config.node_own(time_zones()), listing, conferences.end, clock)


def _nobody_listed(_serial: str, _issuer: str) -> Listing:
    return Listing.NOT_LISTED


def certificate_watch(
    config: Config, store: Store, watch: CrlWatch | None, alarms: Alarms, clock: Callable[[], datetime]
) -> CertificateWatch | None:
    """Who looks until when certificates and lists hold; None where there are none."""
    if watch is None:
        return None

    async def terminals() -> tuple[Terminal, ...]:
        return await store.run(lambda tx: tx.terminals.list())

    return CertificateWatch(config.provisioning.certificate, watch, terminals, alarms, clock)


def billing(
    config: Config, store: Store, conferences: Conferences, alarms: Alarms, clock: Callable[[], datetime]
) -> list[Billing]:
    """What usnd itself does for billing: interim records, alarms, months ahead. Files are the exporter's."""
    at = config.billing
    conferences.origin = Origin(at.node or socket.gethostname(), at.zone())
    names = destination_names(config)
    nightly = at.nightly()
    rhythms = {one.name: nightly for one in config.summary_destination}
    return [
        InterimRecords(store, conferences, at.interim_length(), clock),
        ExportWatch(store, names, at.late_after, alarms, clock, rhythms),
        RetentionWatch(store, names, at.keep_months, alarms, clock),
    ]


def link_settings(smsc: SmscConfig) -> tuple[LinkSettings, ...]:
    """One link, or two for a pair of transmitter and receiver. Raises NotReady when the CA cannot be read."""
    whole = LinkSettings(
        smsc.name,
        smsc.host,
        smsc.port,
        smsc.system_id,
        smsc.password.reveal(),
        system_type=smsc.system_type,
        source_ton=smsc.source_ton,
        source_npi=smsc.source_npi,
        dest_ton=smsc.dest_ton,
        dest_npi=smsc.dest_npi,
        alphabet=Alphabet(smsc.alphabet),
        mo_alphabet=Alphabet(smsc.mo_alphabet) if smsc.mo_alphabet else None,
        mo_ends_with_nul=smsc.mo_ends_with_nul,
        repeats_after=smsc.repeats_after,
        tls=_tls(smsc),
        server_name=smsc.tls_server_name,
        group=smsc.group or "",
        failover_after=smsc.failover_after,
        short_code=smsc.short_code or "",
        retry=smsc.retry_rules(),
        refusals=smsc.refusals(),
        window=smsc.window,
        rate=smsc.rate,
        receipts=_RECEIPTS[smsc.receipts],
        validity_period=smsc.validity_period,
        timers=Timers(enquire_interval=smsc.enquire_interval, response=smsc.response_timeout),
    )
    if smsc.bind == "transceiver":
        return (whole,)
    return tuple(replace(whole, bind=kind) for kind in (BindKind.TRANSMITTER, BindKind.RECEIVER))


def _tls(smsc: SmscConfig) -> ssl.SSLContext | None:
    if not smsc.tls:
        return None
    try:
        return ssl.create_default_context(cafile=smsc.tls_ca)
    except (OSError, ssl.SSLError) as error:
        raise NotReady(f"smsc {smsc.name}: tls_ca {smsc.tls_ca} cannot be used: {error}") from error
