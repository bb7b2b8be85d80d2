"""The sections `[billing]` and `[[cdr_destination]]`: where CDRs go, in which form, and what they say."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from usnd.config_file.values import Name, Port, Section, text
from usnd.domain.billing.cdr_file import Form
from usnd.domain.billing.fields import LAYOUT
from usnd.domain.network.hosts import Host, HostAddress

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


class BillingConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS B1, B2, B3. `directory`: of the files on this server. `node`: its name in the CDRs.

    `interim`: seconds of a call that have a record of their own. `late_after`: seconds after the full hour.
    `keep_months`: whole months that records and files stay. `switch_log`: directory of Asterisk's own log.
    """

    directory: Path | None = None
    node: Annotated[str, Meta(max_length=63)] = ""
    time_zone: ZoneName = "UTC"
    interim: Annotated[float, Meta(ge=3600, le=30 * 86400)] = 86400
    late_after: Annotated[float, Meta(ge=300, le=7 * 86400)] = 5400
    keep_months: Annotated[int, Meta(ge=1, le=60)] = 3
    switch_log: Path = Path("/var/spool/usn/legs")

    def zone(self) -> ZoneInfo:
        """Raises ZoneInfoNotFoundError, a KeyError, where this machine does not know it."""
        return ZoneInfo(self.time_zone)

    def interim_length(self) -> timedelta:
        """Of a part of a call."""
        return timedelta(seconds=self.interim)


class CdrDestinationConfig(Section, frozen=True, kw_only=True):
    """One place that CDR files go to, by rsync over ssh (REQUIREMENTS B2).

    `node_address`: ours, in the header of each file by 3GPP TS 32.297; the same on both servers.
    """

    name: Name
    host: Host
    port: Port = 22
    user: RemoteUser
    directory: RemoteDirectory = "."
    key: Path
    host_key: HostKey
    format: Literal["csv", "ts32297"] = "csv"
    node_address: HostAddress | None = None
    fields: Annotated[tuple[FieldName, ...], Meta(min_length=1, max_length=100)] = LAYOUT
    taken_away: bool = False
    clears: bool = True
    syncs: bool = True

    def form(self) -> Form:
        """How its files are laid out."""
        return Form(self.format, self.fields, self.node_address or "")
