"""One snapshot a second of everything that this usnd knows of itself; status.json holds the newest.

gather.py makes it; `usnd status`, `usnd smpp|trunk|dial-in status` and `usnd alarms` read it, and whatever
comes to show the node will read it, too: nobody asks usnd, so nobody can hold it up (decisions 10 and 41).
"""

from datetime import datetime
from pathlib import Path

import msgspec

from usnd.domain.alarms.alarm import Alarm
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


def read(runtime: Path, now: datetime) -> Snapshot:
    """What the running usnd wrote last. Raises NoStatus."""
    try:
        snapshot = msgspec.json.decode((runtime / FILE).read_bytes(), type=Snapshot)
    except OSError as error:
        why = f"no status in {runtime} ({error.strerror})"
        raise NoStatus(f"usnd is not running, or waits as the standby: {why}") from error
    except msgspec.MsgspecError as error:
        raise NoStatus(f"{runtime / FILE} is not of this release ({error}): start usnd again") from error
    age = (now - snapshot.at).total_seconds()
    if age > STALE_AFTER:
        raise NoStatus(f"usnd is not running: it has said nothing for {age:.0f} s")
    if age < -STALE_AFTER:  # the clock was set back, and usnd has written nothing since
        raise NoStatus(
            f"usnd is not running, or the clock is wrong: its status is of {snapshot.at:%H:%M:%S} UTC"
        )
    return snapshot
