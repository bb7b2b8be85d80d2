"""Makes those parts of usnd that are mostly configuration: what each of them is told stands here.

The daemon calls this while it puts a node together. Configuration goes in, and the parts that a part works
with; a part comes out, which nobody has started yet.
"""

import secrets
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from usnd.asterisk.ami import AmiSettings
from usnd.asterisk.calls import CallSettings
from usnd.config.pjsip_conf import account_of
from usnd.config.sections import Config, SmscConfig
from usnd.control.acts import Acts
from usnd.control.requests import socket_of
from usnd.control.rights import table_here
from usnd.control.server import ControlServer
from usnd.domain.messaging.message import Priority
from usnd.services.alarms.alarms import Alarms
from usnd.services.conference.conferences import Conferences
from usnd.services.conference.launch import Launches
from usnd.services.media_server.availability import VoiceEdge
from usnd.services.messaging.incoming_batch import TextPolicy
from usnd.services.messaging.outbox import Outbox
from usnd.services.recording.recordings import Recordings
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


def control_server(config: Config, acts: Acts) -> ControlServer:
    """Where commands come in; for all users of this machine, where a group of operators is set."""
    runtime, operators = config.node.runtime, config.node.operators_group
    socket = socket_of(runtime) if runtime else None
    return ControlServer(socket, acts.act, table_here(operators), to_all=operators is not None)


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
