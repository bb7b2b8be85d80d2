"""The configuration: one TOML file, read once by load.py, frozen, refused whole if it is not understood.

Names, defaults and bounds of everything an operator may set are here,
those of trunks in trunks.py. An unknown key is an error: a misspelt key would otherwise be a setting that
silently does nothing. `docs/operator/configuration.md` explains each.
"""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from usnd.config.billing import BillingConfig, CdrDestinationConfig, SummaryDestinationConfig
from usnd.config.portal import PortalConfig
from usnd.config.provisioning import ProvisioningConfig
from usnd.config.sending import SendingConfig, TalkConfig
from usnd.config.trunks import RouteConfig, TrunkConfig, TrunksConfig, routing, trunk_numbers
from usnd.config_file.values import (
    E164,
    Cause,
    Dnis,
    GroupName,
    Language,
    Name,
    Octet,
    Port,
    Prefix,
    Region,
    Seconds,
    Secret,
    Section,
    ShortCode,
    StoreUrl,
    text,
)
from usnd.domain.alarms.threshold import Limits
from usnd.domain.conference.dtmf_menu import DEFAULT_KEYS, Menu
from usnd.domain.conference.events import Feature
from usnd.domain.conference.model import Rules
from usnd.domain.dial_in.admission import DialInNumbers
from usnd.domain.dial_in.pin_space import PinRules
from usnd.domain.dial_in.wrong_pins import GuessRules
from usnd.domain.messaging.duplicates import RepeatRules
from usnd.domain.messaging.reassembly import PartsRules
from usnd.domain.network.hosts import Host
from usnd.domain.numbers.e164 import NumberPlan, to_e164
from usnd.domain.recording.files import KeepRules
from usnd.domain.replies.catalogue import DEFAULT_LANGUAGE
from usnd.domain.replies.no_service import NoServiceRules
from usnd.domain.sms.decision import TextRules
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.domain.subscribers.credentials import CredentialKey
from usnd.domain.trunks.number_format import TrunkNumbers
from usnd.domain.trunks.trunk import Routing

_GIGABYTE = 10**9


class NodeConfig(Section, frozen=True, kw_only=True):
    """Who we are in the numbering plan; `runtime`: a directory for the daemon's status and control socket.

    `operators_group`: who is in it may launch and control conferences by that socket.
    """

    home_region: Region
    short_code: ShortCode
    call_back_number: E164 | None = None
    runtime: Path | None = None
    operators_group: GroupName | None = None


class StoreConfig(Section, frozen=True, kw_only=True):
    """Where everything acknowledged is kept: `sqlite:////path` or `postgresql+psycopg://…`."""

    url: StoreUrl


class AsteriskConfig(Section, frozen=True, kw_only=True):
    """The AMI of this server's Asterisk, and how fast calls are dialled."""

    port: Port = 5038
    host: Host = Host("127.0.0.1")
    username: str = "usnd"
    secret: Secret
    calls_per_second: Annotated[float, Meta(gt=0, le=1000)] = 60
    frozen_after: Seconds = 10


class ConferenceConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS C5, C6, C9, C10."""

    away: Seconds = 120
    call_backs: Annotated[int, Meta(ge=0, le=5)] = 0
    call_back_pause: Seconds = 5
    press_one: bool = False
    revive: bool = False
    longest: Seconds = 86400
    ring: Seconds = 45
    most_participants: Annotated[int, Meta(ge=1, le=1000)] = 60
    no_credit_causes: Annotated[tuple[Cause, ...], Meta(max_length=20)] = (50,)


Key = Annotated[
    str, text(r"^([*#][0-9*#]{1,2})?$", 'two or three keys, * or # first, as "*2"; "" to switch it off')
]


class MenuConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS C8: what keys do in a conference."""

    end: Key = DEFAULT_KEYS[Feature.END]
    add: Key = DEFAULT_KEYS[Feature.ADD]
    drop_last: Key = DEFAULT_KEYS[Feature.DROP_LAST]
    count: Key = DEFAULT_KEYS[Feature.COUNT]
    mute_all: Key = DEFAULT_KEYS[Feature.MUTE_ALL]
    mute_me: Key = DEFAULT_KEYS[Feature.MUTE_ME]
    lock: Key = DEFAULT_KEYS[Feature.LOCK]
    record: Key = DEFAULT_KEYS[Feature.RECORD]
    help: Key = DEFAULT_KEYS[Feature.HELP]


class DialInConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS C3, C4: the numbers (DNIS) that lead to this node, as the switch sends them."""

    common: Dnis = ""
    conferences: Annotated[tuple[Dnis, ...], Meta(max_length=30)] = ()
    wrong_pins_alarm: Annotated[int, Meta(ge=1, le=5000)] = 30
    guess_one_in: Annotated[int, Meta(ge=2, le=1_000_000)] = 1000
    pins_alarm_percent: Annotated[int, Meta(ge=1, le=99)] = 50


class NumbersConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS C10: whom to call; the longest prefix that fits decides."""

    allowed: Annotated[tuple[Prefix, ...], Meta(max_length=1000)] = ()
    barred: Annotated[tuple[Prefix, ...], Meta(max_length=1000)] = ()


class RecordingConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS C7: where recordings go, and how long they stay. Without a directory there are none."""

    directory: Path | None = None
    keep_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    max_gigabytes: Annotated[float, Meta(gt=0, le=1_000_000)] = 100
    min_free_gigabytes: Annotated[float, Meta(gt=0, le=1_000_000)] = 2
    sweep: Seconds = 60


class VoiceConfig(Section, frozen=True, kw_only=True):
    """The announcements: the first directory that has one is asked for it."""

    prompts: Annotated[tuple[Path, ...], Meta(max_length=10)] = (
        Path("/etc/usn/prompts"),
        Path("/usr/share/usn/prompts/en"),
    )


class TextsConfig(TalkConfig, frozen=True, kw_only=True):
    """REQUIREMENTS S3, S4, S10, S11."""

    answer_unregistered: bool = True
    unregistered_pause: Annotated[float, Meta(ge=60, le=7 * 86400)] = 3600
    unregistered_per_minute: Annotated[int, Meta(ge=1, le=10_000)] = 60
    language: Language = DEFAULT_LANGUAGE
    longest_blast: Annotated[int, Meta(ge=1, le=10_000)] = 612
    duplicate_window: Seconds = 600
    validity: Seconds = 3600
    oldest_alarm: Seconds = 60
    parts_timeout: Annotated[float, Meta(ge=60, le=86400)] = 600
    most_incomplete: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    most_incomplete_of_sender: Annotated[int, Meta(ge=1, le=255)] = 8


class SmscConfig(SendingConfig, frozen=True, kw_only=True):
    """One bind to one SMSC; binds of one `group` stand in for each other (REQUIREMENTS S1, S3)."""

    name: Name
    host: Host
    port: Port = 2775
    system_id: Annotated[str, Meta(max_length=15)]
    password: Secret
    system_type: Annotated[str, Meta(max_length=12)] = ""
    bind: Literal["transceiver", "pair"] = "transceiver"
    tls: bool = False
    tls_ca: Path | None = None
    tls_server_name: Host | None = None
    group: Name | None = None
    failover_after: Seconds = 10
    alphabet: Literal["gsm7", "latin1", "ascii"] = "gsm7"
    mo_alphabet: Literal["gsm7", "gsm7-packed", "latin1", "ascii", "utf8", "ucs2"] | None = None
    mo_ends_with_nul: bool = False
    repeats_after: Seconds = 4
    source_ton: Octet = 0
    source_npi: Octet = 0
    dest_ton: Octet = 0
    dest_npi: Octet = 0
    receipts: Literal["none", "blasts", "all"] = "blasts"
    validity_period: bool = True
    window: Annotated[int, Meta(ge=1, le=1000)] = 10
    rate: Annotated[float, Meta(gt=0, le=100_000)] | None = None
    enquire_interval: Seconds = 15
    response_timeout: Seconds = 10


class LogConfig(Section, frozen=True, kw_only=True):
    """`text` for people and the journal, `json` for machines."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(Section, frozen=True, kw_only=True):
    """The whole file."""

    node: NodeConfig
    store: StoreConfig
    asterisk: AsteriskConfig
    smsc: Annotated[tuple[SmscConfig, ...], Meta(min_length=1, max_length=32)]
    trunk: Annotated[tuple[TrunkConfig, ...], Meta(min_length=1, max_length=32)] = (
        TrunkConfig(name="trunk-msc"),
    )
    route: Annotated[tuple[RouteConfig, ...], Meta(max_length=100)] = ()
    trunks: TrunksConfig = TrunksConfig()
    conference: ConferenceConfig = ConferenceConfig()
    menu: MenuConfig = MenuConfig()
    dial_in: DialInConfig = DialInConfig()
    numbers: NumbersConfig = NumbersConfig()
    recording: RecordingConfig = RecordingConfig()
    voice: VoiceConfig = VoiceConfig()
    texts: TextsConfig = TextsConfig()
    provisioning: ProvisioningConfig = ProvisioningConfig()
    portal: PortalConfig = PortalConfig()
    billing: BillingConfig = BillingConfig()
    cdr_destination: Annotated[tuple[CdrDestinationConfig, ...], Meta(max_length=8)] = ()
    summary_destination: Annotated[tuple[SummaryDestinationConfig, ...], Meta(max_length=8)] = ()
    log: LogConfig = LogConfig()

    def conference_rules(self) -> Rules:
        """The part of it that the domain needs to conduct conferences."""
        return Rules(
            away=timedelta(seconds=self.conference.away),
            ring=timedelta(seconds=self.conference.ring),
            no_credit_causes=frozenset(self.conference.no_credit_causes),
            press_one=self.conference.press_one,
            revive=self.conference.revive,
            longest=timedelta(seconds=self.conference.longest),
            plan=self.number_plan(),
            most_calls=self.conference.most_participants + 1,
            call_backs=self.conference.call_backs,
            call_back_pause=timedelta(seconds=self.conference.call_back_pause),
        )

    def key_menu(self) -> Menu:
        """The keys of the conference, as the domain reads them."""
        keys = {feature: getattr(self.menu, feature.value.replace("-", "_")) for feature in DEFAULT_KEYS}
        if self.recording.directory is None:
            keys[Feature.RECORD] = ""
        return Menu(keys, self.node.home_region)

    def keep_rules(self) -> KeepRules:
        """How long recordings are kept."""
        kept = self.recording
        return KeepRules(
            timedelta(days=kept.keep_days),
            int(kept.max_gigabytes * _GIGABYTE),
            int(kept.min_free_gigabytes * _GIGABYTE),
        )

    def number_plan(self) -> NumberPlan:
        """Whom to call, and whom not."""
        numbers = {number.removeprefix("+") for number in (self.dial_in.common, *self.dial_in.conferences)}
        written = (form for number in numbers for form in (number, f"+{number}"))
        own = (to_e164(form, self.node.home_region) for form in written)
        return NumberPlan(self.numbers.allowed, self.numbers.barred, frozenset(filter(None, own)))

    def routing(self) -> Routing:
        """Which way calls go."""
        return routing(self.trunk, self.route, self.trunks, self.asterisk.calls_per_second)

    def numbers_in(self) -> DialInNumbers:
        """The numbers that lead here."""
        return DialInNumbers(self.dial_in.common, self.dial_in.conferences)

    def pin_rules(self) -> PinRules:
        """How many PINs are too many."""
        return PinRules(self.dial_in.guess_one_in, self.dial_in.pins_alarm_percent / 100)

    def trunk_numbers(self) -> dict[str, TrunkNumbers]:
        """How the switch of each trunk writes numbers."""
        return {trunk.name: trunk_numbers(trunk) for trunk in self.trunk}

    def guess_rules(self) -> GuessRules:
        """How wrong PINs are met."""
        limit = self.dial_in.wrong_pins_alarm
        return GuessRules(alarm=Limits(limit, limit / 2))

    def parts_rules(self) -> PartsRules:
        """The part of it that the domain needs to judge the parts of long texts."""
        texts = self.texts
        timeout = timedelta(seconds=texts.parts_timeout)
        return PartsRules(timeout, texts.most_incomplete_of_sender, texts.most_incomplete)

    def repeat_rules(self) -> RepeatRules:
        """The part of it that tells a text that came again; for all SMSCs the time of the least patient."""
        window = timedelta(seconds=self.texts.duplicate_window)
        return RepeatRules(window, timedelta(seconds=min(smsc.repeats_after for smsc in self.smsc)))

    def text_rules(self) -> TextRules:
        """The part of it that the domain needs to understand texts."""
        return TextRules(
            self.node.home_region,
            self.conference.most_participants,
            self.texts.longest_blast,
            self.node.call_back_number or "",
            self.texts.language,
            self.number_plan(),
            self.numbers_in(),
        )

    def node_own(self, time_zones: Collection[str]) -> NodeOwn:
        """What the domain needs to decide about subscribers. time_zones: those that this machine knows."""
        return NodeOwn(self.texts.language, time_zones, self.node.home_region, self.node_key())

    def node_key(self) -> CredentialKey | None:
        """The node's key, the same on both servers of a pair."""
        secret = self.provisioning.credential_key
        return None if secret is None else CredentialKey(bytes.fromhex(secret.reveal()))

    def no_service_rules(self) -> NoServiceRules:
        """How often those who are not registered are told so."""
        return NoServiceRules(
            timedelta(seconds=self.texts.unregistered_pause), self.texts.unregistered_per_minute
        )
