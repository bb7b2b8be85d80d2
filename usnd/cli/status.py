"""The command `usnd status`, and how the figures of the running usnd are shown, also by those for one part.

All read the one snapshot that usnd writes each second (monitoring/snapshot.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import typer
from msgspec import json, structs, to_builtins

from usnd.cli.alarms import raised_in
from usnd.cli.common import DEFAULT_CONFIG, ConfigFile, Json, snapshot_of
from usnd.cli.tables import columns
from usnd.control.rows import Row, second

if TYPE_CHECKING:
    from usnd.domain.alarms.alarm import Alarm
    from usnd.monitoring.snapshot import BindFigures, Snapshot
    from usnd.services.figures import TrunkFigures

_BIND_COLUMNS = (
    "bind",
    "kind",
    "state",
    "rate",
    "rate_limit",
    "in_flight",
    "window",
    "queue",
    "oldest_s",
    "throttled",
    "rejected",
    "odd",
)

_GIGABYTE = 10**9


def status(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show the running usnd on one screen: alarms, binds, trunks, conferences, calls that come in."""
    snapshot = snapshot_of(config)
    if as_json:
        typer.echo(json.encode(snapshot).decode())
        return
    for line in screen(snapshot):
        typer.echo(line)


def screen(snapshot: "Snapshot") -> Iterator[str]:
    """The lines; what is wrong stands first."""
    alarms = raised_in(snapshot)
    yield f"usnd is running, as of {second(snapshot.at)}"
    yield f"alarms: {len(alarms) or 'none'}"
    for alarm in alarms:
        yield from _told(alarm)
    yield from ("", *_parts(snapshot))
    yield from ("", columns(map(bind_row, map(bind_object, snapshot.binds))))
    yield from ("", columns(map(trunk_row, map(trunk_object, snapshot.trunks.trunks))))
    if foreign := foreign_line(snapshot):
        yield foreign


def _told(alarm: "Alarm") -> Iterable[str]:
    kind = alarm.kind
    what = f"{kind.says} {alarm.facts}".rstrip()
    return (
        f"  {second(alarm.raised_at)}  {kind.severity.value}  {alarm.where}: {what}",
        f"    {kind.remedy}",
    )


def _parts(snapshot: "Snapshot") -> Iterator[str]:
    """A line a part."""
    conferences, came, recordings = snapshot.conferences, snapshot.dial_in, snapshot.recordings
    database, asterisk, texts = snapshot.database, snapshot.asterisk, snapshot.texts
    calls = f"{conferences.calls} calls, {conferences.in_rooms} in rooms"
    waiting = snapshot.trunks.waiting
    refused, barred, free = sum(came.refused.values()), came.wrong.barred, recordings.free
    yield f"Asterisk     {asterisk.state}, since {second(asterisk.since)}"
    yield f"database     {'reachable' if database.reachable else f'away: {database.trouble}'}"
    yield f"conferences  {conferences.running} running, with {calls}; to be dialled: {waiting}"
    yield f"dial-in      calls: {came.calls}, waiting: {came.waiting}, refused: {refused}, barred: {barred}"
    yield f"texts        not answered: {texts.not_answered}, from unregistered numbers: {texts.unregistered}"
    if recordings.configured:
        room = "not known yet" if free is None else f"{free / _GIGABYTE:.1f} GB free"
        yield f"recordings   {recordings.running} running, {room}"


def bind_object(bind: "BindFigures") -> Row:
    """A bind in full, for programs."""
    sending = to_builtins(bind.sending) if bind.sending is not None else {}
    return {"bind": bind.bind, "kind": bind.kind, **to_builtins(bind.link), **sending}


def bind_row(figures: Mapping[str, Any]) -> Row:
    """An SMSC bind of the running daemon: rates in segments a second, queue in texts, oldest_s seconds.

    odd: deliveries that were read though something was wrong, or refused; `--json` has them by name.
    """
    told = {**figures, "odd": sum(figures.get("oddities", {}).values())}
    return {name: "" if told.get(name) is None else told[name] for name in _BIND_COLUMNS}


def trunk_object(trunk: "TrunkFigures") -> Row:
    """A trunk in full, for programs."""
    return structs.asdict(trunk)


def trunk_row(figures: Mapping[str, Any]) -> Row:
    """A trunk of the running daemon; `unanswered`: how many calls by Q.850 cause, since its start."""
    return {
        "trunk": figures["trunk"],
        "state": figures["state"],
        "registration": figures["registration"],
        "in_use": figures["in_use"],
        "channels": "any" if figures["channels"] is None else figures["channels"],
        "calls": figures["calls"],
        "unanswered": " ".join(f"{cause}:{count}" for cause, count in figures["causes"].items()),
    }


def foreign_line(snapshot: "Snapshot") -> str:
    """Channels that usnd did not order; empty without any."""
    foreign = snapshot.asterisk.foreign
    if not foreign.released or foreign.last_at is None:
        return ""
    last = f"{foreign.last} at {foreign.last_at.isoformat()}"
    return f"channels that usnd did not order, released: {foreign.released}; the last: {last}"


def dial_in_object(snapshot: "Snapshot") -> Row:
    """The calls that came in, and the PINs, for programs."""
    came = structs.asdict(snapshot.dial_in)
    wrong, pins = structs.asdict(came.pop("wrong")), structs.asdict(came.pop("pins"))
    return {"at": snapshot.at.isoformat(), **came, **wrong, **pins}


def dial_in_row(figures: Mapping[str, Any]) -> Row:
    """The calls that came in to the running daemon; `refused`: how many by reason, since its start."""
    refused = " ".join(f"{reason}:{count}" for reason, count in sorted(figures["refused"].items()))
    shown = ("calls", "waiting", "wrong_pins", "wrong_last_hour", "barred", "alarm")
    one_in = figures["guess_one_in"]
    return {
        **{name: figures[name] for name in shown},
        "pins": figures["pins"],
        "guess_hits": "never" if one_in is None else f"1 in {one_in}",
        "own_number_only": figures["own_number_only"],
        "pins_run_out": figures["pins_run_out"],
        "refused": refused,
    }
