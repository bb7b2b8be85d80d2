"""Sections of a configuration file that a former release called otherwise: read under today's names.

config/load.py calls it with what TOML gave, before anything is checked: an upgrade must not stop at a
file that was right until then. Pure.
"""

from collections.abc import Mapping
from typing import Any

from usnd.config_file.values import ConfigError


def with_todays_names(
    written: Mapping[str, Any], renamed: Mapping[str, str]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The file under today's names, and a sentence for each former one. renamed: former name → today's.

    Raises ConfigError where both stand: which of the two is meant cannot be known.
    """
    read, notices = dict(written), []
    for former, name in renamed.items():
        if former not in read:
            continue
        if name in read:
            raise ConfigError(
                f"[{former}] and [{name}] are the same section, by its former and its new name: "
                f"write all of it in [{name}], and take [{former}] out"
            )
        read[name] = read.pop(former)
        notices.append(f"[{former}] is called [{name}] now, and is read as that: rename it in the file")
    return read, tuple(notices)
