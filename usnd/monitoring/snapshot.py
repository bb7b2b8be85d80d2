"""One snapshot a second of everything that this usnd knows of itself; status.json holds the newest.

gather.py makes it; `usnd status`, `usnd smpp|trunk|dial-in status` and `usnd alarms` read it, and whatever
comes to show the node will read it, too: nobody asks usnd, so nobody can hold it up (decisions 10 and 41).
"""

from datetime import datetime
from pathlib import Path

import msgspec

from usnd.domain.alarms.alarm import Alarm
from usnd.process.os_errors import reason
from usnd.services.figures import (
    AsteriskFigures,
    ConferenceFigures,
    DatabaseFigures,
    DialInFigures,
    LinkFigures,
    RecordingFigures,
    SendingFigures,
    TextFigures,
    TrunksFigures,
)

FILE = "status.json"
STALE_AFTER = 5.0
"""Seconds: an older snapshot is of a usnd that does not run."""


class BindFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One bind. kind: transceiver, transmitter or receiver; sending: None for a receiver."""

    bind: str
    kind: str
    link: LinkFigures
    sending: SendingFigures | None


class AlarmFigures(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that is raised, by its name in domain/alarms/catalogue.py."""

    name: str
    object: str
    since: datetime
    facts: str

    @classmethod
    def of(cls, alarm: Alarm) -> "AlarmFigures":
        """Those of that alarm."""
        name, of = alarm.key
        return cls(name=name, object=of, since=alarm.raised_at, facts=alarm.facts)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything, as of one moment (UTC). What is added has a default: its reader may be the newer one."""

    at: datetime
    alarms: tuple[AlarmFigures, ...]
    binds: tuple[BindFigures, ...]
    texts: TextFigures
    trunks: TrunksFigures
    asterisk: AsteriskFigures
    conferences: ConferenceFigures
    dial_in: DialInFigures
    recordings: RecordingFigures
    database: DatabaseFigures


class NoStatus(Exception):
    """No usnd has said lately how it is; the message says why."""


def read(runtime: Path, now: datetime, process: int | None = None) -> Snapshot:
    """What the running usnd wrote last. Raises NoStatus.

    process: of the usnd that has the database now, 0 if which is not known; None: none that is known.
    """
    path = runtime / FILE
    try:
        snapshot = msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except PermissionError as error:
        raise NoStatus(f"you may not read {path}: be root, the user of usnd, or an operator") from error
    except OSError as error:
        raise NoStatus(_nothing_there(runtime, process, error)) from error
    except (msgspec.MsgspecError, RecursionError) as error:
        raise NoStatus(f"{path} is not of this release ({error}): start usnd again") from error
    _see_that_it_is_new(snapshot, runtime, now, process)
    return snapshot


def _nothing_there(runtime: Path, process: int | None, error: OSError) -> str:
    why = f"no status in {runtime} ({reason(error)})"
    if process is None:
        return f"usnd is not running, or waits as the standby: {why}"
    return (
        f"{_named(process)} is there, and shows nothing: {why}. It waits as the standby "
        "(`usnd pair status`), is just beginning, or cannot write there: see `journalctl -u usnd`"
    )


def _see_that_it_is_new(snapshot: Snapshot, runtime: Path, now: datetime, process: int | None) -> None:
    """Raises NoStatus."""
    age = (now - snapshot.at).total_seconds()
    if age > STALE_AFTER and process is not None:
        raise NoStatus(
            f"{_named(process)} is there, and has said nothing for {age:.0f} s: it hangs, or cannot write in "
            f"{runtime}; see `journalctl -u usnd` and `df {runtime}`, then `systemctl restart usnd` "
            "(calls stay up)"
        )
    if age > STALE_AFTER:
        raise NoStatus(f"usnd is not running: it has said nothing for {age:.0f} s")
    if age < -STALE_AFTER:  # the clock was set back, and usnd has written nothing since
        raise NoStatus(
            f"usnd is not running, or the clock is wrong: its status is of {snapshot.at:%H:%M:%S} UTC"
        )


def _named(process: int) -> str:
    return f"usnd (process {process})" if process else "usnd"
