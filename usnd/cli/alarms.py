"""The command `usnd alarms`: what is wrong, since when, and what to do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.common import (
    DEFAULT_CONFIG,
    ConfigFile,
    Json,
    in_store,
    load_config,
    print_rows,
    read_snapshot,
)
from usnd.control.rows import Row, second
from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import USND_ALARMS

if TYPE_CHECKING:
    from usnd.config.sections import Config
    from usnd.monitoring.snapshot import Snapshot
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
    found = _history(load_config(config)) if history else _raised(config)
    if as_json:
        print_rows(map(alarm_object, found), as_json=True)
    else:
        print_rows((alarm_row(alarm, history=history) for alarm in found), as_json=False)


def raised_in(snapshot: "Snapshot") -> list[Alarm]:
    """Those of a snapshot, the oldest first."""
    return [
        Alarm(USND_ALARMS[one.name], one.object, one.since, one.facts)
        for one in snapshot.alarms
        if one.name in USND_ALARMS
    ]


def _raised(config: Path) -> list[Alarm]:
    """As usnd sees it now, also without the database; else what it had raised when it ran last."""
    from usnd.monitoring.snapshot import NoStatus

    try:
        return raised_in(read_snapshot(config))
    except NoStatus as error:
        settings = load_config(config)
        typer.echo(f"{error}\nthese alarms are in the database, as they were last written:", err=True)

    def read(tx: "Transaction") -> list[Alarm]:
        return tx.alarms.raised(USND_ALARMS)

    return in_store(settings, read)


def _history(settings: "Config") -> list[Alarm]:
    def read(tx: "Transaction") -> list[Alarm]:
        return tx.alarms.last(USND_ALARMS, SHOWN)

    return in_store(settings, read)


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
