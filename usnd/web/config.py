"""The configuration of a site: one TOML file with the sections `[web]` and `[log]`, used whole or refused.

`usnd web …` loads it. All names, defaults and bounds of `[web]` are here.
"""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from usnd.config.sections import LogConfig
from usnd.config_file.errors import in_words
from usnd.config_file.values import ConfigError, GroupName, Section, StoreUrl, decode
from usnd.process.os_errors import reason


class WebSection(Section, frozen=True, kw_only=True):
    """`socket`: where the site listens; who is in `group` may connect, else only its own user and group.

    control: usnd's control socket. store: the database, by an account that only reads. client_ca,
    client_crl: the authority of client certificates and its list of revoked ones; without them nobody's
    certificate is looked at here (a workstation). recordings: of the portal, where the files of recordings
    lie; without it no page offers one. videos: of the portal's help, as the release brings them. spool:
    where bodies of more than 512 kB wait; on a disk, for what lies in a tmpfs is memory. threads: requests
    that are worked on at once.
    """

    socket: Path
    control: Path
    store: StoreUrl
    group: GroupName | None = None
    client_ca: Path | None = None
    client_crl: Path | None = None
    recordings: Path | None = None
    videos: Path | None = None
    spool: Path = Path("/var/tmp")  # noqa: S108 # each file there is nameless and the site's alone
    threads: Annotated[int, Meta(ge=24, le=240)] = 96


class WebConfig(Section, frozen=True, kw_only=True):
    """The whole file."""

    web: WebSection
    log: LogConfig = LogConfig()


def load(path: Path) -> WebConfig:
    """Reads and checks. Raises ConfigError, in words for an operator."""
    config = _read(path)
    if (config.web.client_ca is None) is not (config.web.client_crl is None):
        raise ConfigError(f"{path}: web: client_ca and client_crl are given together, or neither")
    return config


def _read(path: Path) -> WebConfig:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), WebConfig, dec_hook=decode)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {in_words(error, WebConfig)}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: cannot be read: it is not text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
