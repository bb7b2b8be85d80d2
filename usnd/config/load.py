"""Reads the file of the configuration: each key by its name of today, all of it checked, or none of it."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec

from usnd.config.checks import check
from usnd.config.sections import Config
from usnd.config_file.errors import in_words
from usnd.config_file.former_names import with_todays_names
from usnd.config_file.values import ConfigError, NotReadable, decode
from usnd.process.os_errors import reason

RENAMED = {"ways_in": "dial_in"}
"""Sections by their names in former releases, and what they are called now."""


def _pass_over(_notice: str) -> None:
    """For who only wants the configuration."""


def load(path: Path, notice: Callable[[str], object] = _pass_over) -> Config:
    """The configuration in the file. notice: gets a sentence for each former name that is still in it.

    Raises:
        NotReadable: this user may not read it.
        ConfigError: it cannot be read, is not TOML, has an unknown key or a value out of bounds.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: there is no such file: name yours with --config or in USND_CONFIG"
        ) from error
    except PermissionError as error:
        raise NotReadable(
            f"{path}: you may not read it, as it holds passwords: be root, the user of usnd, or of its group"
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: cannot be read: it is not text in UTF-8") from error
    try:
        return parse(text, lambda said: notice(f"{path}: {said}"))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse(text: str, notice: Callable[[str], object] = _pass_over) -> Config:
    """The configuration in TOML text; notice as of load. Raises ConfigError."""
    try:
        written, notices = with_todays_names(tomllib.loads(text), RENAMED)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError("not TOML that anybody could read: it is nested too deep") from error
    try:
        config = msgspec.convert(written, Config, dec_hook=decode)
        check(config)
    except (msgspec.ValidationError, ConfigError) as error:
        said = in_words(error, Config) if isinstance(error, msgspec.ValidationError) else str(error)
        raise ConfigError("; ".join((said, *notices))) from error
    for one in notices:
        notice(one)
    return config
