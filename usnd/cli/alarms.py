"""The command `usnd alarms`: what is wrong, since when, and what to do."""

from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.common import DEFAULT_CONFIG, ConfigFile, Json, in_store, load_config, print_rows
from usnd.control.rows import Row, second
from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import USND_ALARMS

if TYPE_CHECKING:
    from usnd.store.core.transaction import Transaction

SHOWN = 1000
"""Alarms of the history: all that is kept."""


def alarms(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    history: Annotated[bool, typer.Option("--history", help="Also those that are cleared.")] = False,
    as_json: Json = False,
) -> None:
    """List the alarms that are raised, the oldest first, with what to do. Times are UTC."""

    def read(tx: "Transaction") -> list[Alarm]:
        return tx.alarms.last(USND_ALARMS, SHOWN) if history else tx.alarms.raised(USND_ALARMS)

    found = in_store(load_config(config), read)
    if as_json:
        print_rows(map(alarm_object, found), as_json=True)
    else:
        print_rows((alarm_row(alarm, history=history) for alarm in found), as_json=False)


def alarm_row(alarm: Alarm, *, history: bool) -> Row:
    """An alarm for people."""
    kind = alarm.kind
    cleared: Row = {"cleared": second(alarm.cleared_at) if alarm.cleared_at else ""} if history else {}
    return {
        "since": second(alarm.raised_at),
        **cleared,
        "severity": kind.severity.value,
        "object": alarm.where,
        "what": f"{kind.says} {alarm.facts}".rstrip(),
        "remedy": kind.remedy,
    }


def alarm_object(alarm: Alarm) -> Row:
    """An alarm in full, for programs; `cleared` is empty while it is raised."""
    kind = alarm.kind
    return {
        "id": kind.number,
        "name": kind.name,
        "severity": kind.severity.value,
        "kind": kind.object.value,
        "object": alarm.object,
        "cause": kind.cause,
        "what": kind.says,
        "facts": alarm.facts,
        "remedy": kind.remedy,
        "since": alarm.raised_at.isoformat(timespec="milliseconds"),
        "cleared": alarm.cleared_at.isoformat(timespec="milliseconds") if alarm.cleared_at else "",
    }
