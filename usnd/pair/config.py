"""The arbiter's configuration: one TOML file, frozen, refused whole if anything in it is not understood.

main.py and `usnd pair` load it. All names, defaults and bounds are here. Commands are argument lists, never
a shell.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from usnd.config_file.errors import in_words
from usnd.config_file.values import decode
from usnd.domain.network.hosts import Host, HostAddress
from usnd.domain.pair.evidence import PairSettings
from usnd.process.os_errors import reason

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Argv = tuple[str, ...]


class PathConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way to the peer. cross: the direct link, whose carrier is looked at."""

    name: str
    local: Host
    peer: Host
    port: Port = 7412
    cross: bool = False
    interface: str = ""


class DatabaseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """own, peer: PostgreSQL's connection strings as the superuser. names: application_name of each server.

    as_user: what stands before PostgreSQL's own programs, to run them as their user.
    """

    own: str
    peer: str
    own_name: str
    peer_name: str
    data: Path
    programs: Path
    start: Argv
    stop: Argv
    as_user: Argv = ()


class FencingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fence agent with all but its `--action`; own: the same for this server's console, only asked.

    answer: seconds that a console may take to say whether there is power. switch: to switch it.
    """

    peer: Argv
    own: Argv
    tested: bool = False
    answer: Seconds = 4.0
    switch: Seconds = 20.0


class NetworkConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """floating: the address of the active. Without an interface nothing is probed by ARP.

    witnesses: other hosts on that link that always answer, so that the gateway alone decides nothing.
    bond_targets, bond_interval: of the bond's ARP monitor, in milliseconds; without targets it is left alone.
    """

    interface: str
    floating: HostAddress
    gateway: HostAddress
    track_file: Path
    witnesses: Annotated[tuple[HostAddress, ...], Meta(max_length=8)] = ()
    bond_targets: Annotated[tuple[HostAddress, ...], Meta(max_length=16)] = ()
    bond_interval: Annotated[int, Meta(ge=10, le=10_000)] = 200


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """start, stop: what the role brings up and down beside the address. wait: once the database
    follows, what a standby has loaded to begin sooner. well: each exits 0 when so, asked while this
    server serves. health: where usnd notes its work. mend: how a part that is ill is restarted, by its name
    there, or `usnd`, `asterisk`, `address`, `database`. able: each exits 0 when a standby could serve by it,
    asked each minute; proofs: the same, for what costs more, asked each day. firewall: exits 0 while its
    rules are those that were given.
    """

    start: tuple[Argv, ...] = ()
    stop: tuple[Argv, ...] = ()
    wait: tuple[Argv, ...] = ()
    well: dict[str, Argv] = msgspec.field(default_factory=dict)
    health: Path | None = None
    mend: dict[str, Argv] = msgspec.field(default_factory=dict)
    able: dict[str, Argv] = msgspec.field(default_factory=dict)
    proofs: dict[str, Argv] = msgspec.field(default_factory=dict)
    firewall: Argv = ()
    disk: Path = Path("/")
    least_free: Annotated[float, Meta(ge=0, lt=1)] = 0.05


class TimesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See PairSettings."""

    suspect_after: Seconds = 1.0
    fence_delay: Seconds = 1.5
    stall: Seconds = 2.0
    lease: Seconds = 4.0
    release: Seconds = 4.0
    watchdog: Seconds = 10.0
    deadline: Seconds = 20.0
    boot_patience: Seconds = 20.0
    mend_after: Seconds = 1.0
    damping: Seconds = 10.0
    console_patience: Seconds = 15.0
    rest: Seconds = 300.0


class PairConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it. server: A or B; the two differ in it, so that their epochs are never equal."""

    server: Literal["A", "B"]
    secret: Annotated[str, Meta(min_length=16)]
    state: Path
    socket: Path
    paths: Annotated[tuple[PathConfig, ...], Meta(min_length=1, max_length=4)]
    database: DatabaseConfig
    network: NetworkConfig
    fencing: FencingConfig | None = None
    service: ServiceConfig = ServiceConfig()
    times: TimesConfig = TimesConfig()
    reboot: Argv = ("systemctl", "reboot", "--force")

    @property
    def colour(self) -> int:
        """Of the own epochs: 0 or 1."""
        return int(self.server == "B")

    def settings(self) -> PairSettings:
        """For the domain. Raises ValueError when the times do not fit each other."""
        times: dict[str, Any] = msgspec.structs.asdict(self.times)
        fencing = self.fencing
        if fencing is not None:
            times["console_answer"] = fencing.answer
        return PairSettings(fencing=fencing is not None and fencing.tested, **times)


class PairConfigError(Exception):
    """The configuration cannot be used; the text says where and what to write."""


def load(path: Path) -> PairConfig:
    """Reads and checks; raises PairConfigError."""
    try:
        config = msgspec.convert(tomllib.loads(path.read_text()), PairConfig, dec_hook=decode)
        config.settings()
    except msgspec.ValidationError as error:
        raise PairConfigError(f"{path}: {in_words(error, PairConfig)}") from error
    except PermissionError as error:
        raise PairConfigError(f"{path}: you may not read it, as it holds passwords: be root") from error
    except FileNotFoundError as error:
        raise PairConfigError(
            f"{path}: there is no such file: a server that is not one of a pair has none; name another with "
            "--config"
        ) from error
    except OSError as error:
        raise PairConfigError(f"{path}: cannot be read: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise PairConfigError(f"{path}: cannot be read: it is not text in UTF-8") from error
    except RecursionError as error:
        raise PairConfigError(f"{path}: it is nested too deep") from error
    except ValueError as error:
        raise PairConfigError(f"{path}: {error}") from error
    return config
