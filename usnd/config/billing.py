"""The sections `[billing]`, `[[cdr_destination]]`, `[[summary_destination]]`: where CDRs and summaries go."""

from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from usnd.config_file.values import Name, Port, Section, text
from usnd.domain.billing.cdr_file import Form
from usnd.domain.billing.fields import LAYOUT
from usnd.domain.billing.rhythm import Nightly
from usnd.domain.network.hosts import Host, HostAddress

if TYPE_CHECKING:
    from usnd.config.sections import Config

ZoneName = Annotated[
    str, text(r"^[A-Za-z][A-Za-z0-9_+/-]{1,40}$", 'a time zone by its IANA name, as "Europe/London"')
]
RemoteUser = Annotated[str, text(r"^[a-z_][a-z0-9_.-]{0,30}$", 'a user of the destination, as "usn-cdr"')]
RemoteDirectory = Annotated[
    str,
    text(r"^[A-Za-z0-9_./][A-Za-z0-9_./-]{0,200}$", 'a directory, as rrsync there sees it: "." for its own'),
]
HostKey = Annotated[
    str,
    text(
        r"^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]{40,1200}={0,2}$",
        'the type and the key of /etc/ssh/ssh_host_*_key.pub there, as "ssh-ed25519 AAAA…"',
    ),
]
FieldName = Annotated[str, Meta(max_length=40)]
LocalTime = Annotated[str, text(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", 'a time of the day, as "01:00"')]


class BillingConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS B1, B2, B3, B4. `directory`: of the files on this server. `node`: its name in the CDRs.

    `interim`: seconds of a call that have a record of their own. `late_after`: seconds after the full hour.
    `keep_months`: whole months that records and files stay. `switch_log`: directory of Asterisk's own log.
    `summary_at`: when the usage summary of the day before is made, in `time_zone`, which says what a day is.
    """

    directory: Path | None = None
    node: Annotated[str, Meta(max_length=63)] = ""
    time_zone: ZoneName = "UTC"
    interim: Annotated[float, Meta(ge=3600, le=30 * 86400)] = 86400
    late_after: Annotated[float, Meta(ge=300, le=7 * 86400)] = 5400
    keep_months: Annotated[int, Meta(ge=1, le=60)] = 3
    switch_log: Path = Path("/var/spool/usn/legs")
    summary_at: LocalTime = "01:00"

    def zone(self) -> ZoneInfo:
        """Raises ZoneInfoNotFoundError, a KeyError, where this machine does not know it."""
        return ZoneInfo(self.time_zone)

    def nightly(self) -> Nightly:
        """When summaries are made. Raises as `zone`."""
        return Nightly(self.zone(), time.fromisoformat(self.summary_at))

    def interim_length(self) -> timedelta:
        """Of a part of a call."""
        return timedelta(seconds=self.interim)


class DestinationConfig(Section, frozen=True, kw_only=True):
    """One place that files go to, by rsync over ssh."""

    name: Name
    host: Host
    port: Port = 22
    user: RemoteUser
    directory: RemoteDirectory = "."
    key: Path
    host_key: HostKey
    taken_away: bool = False
    clears: bool = True
    syncs: bool = True


class CdrDestinationConfig(DestinationConfig, frozen=True, kw_only=True):
    """One place that CDR files go to (REQUIREMENTS B2).

    `node_address`: ours, in the header of each file by 3GPP TS 32.297; the same on both servers.
    """

    format: Literal["csv", "ts32297"] = "csv"
    node_address: HostAddress | None = None
    fields: Annotated[tuple[FieldName, ...], Meta(min_length=1, max_length=100)] = LAYOUT

    def form(self) -> Form:
        """How its files are laid out."""
        return Form(self.format, self.fields, self.node_address or "")


class SummaryDestinationConfig(DestinationConfig, frozen=True, kw_only=True):
    """One place that usage summaries go to (REQUIREMENTS B4)."""


def destination_names(config: "Config") -> list[str]:
    """Of all destinations: of CDRs, then of usage summaries."""
    return [one.name for one in (*config.cdr_destination, *config.summary_destination)]
