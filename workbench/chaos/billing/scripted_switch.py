"""The scripted switch as usnd sees it: in place of the AMI link, on a loop whose time is set.

life.py gives it to usnd's own `Calls` and to the router, as the voice edge would. What it cannot be asked for
it answers as a quiet Asterisk does.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from usnd.asterisk.ami import AmiDown, AmiFailed, Fields
from workbench.chaos.billing.switchboard import Event, Switchboard, listing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def milliseconds(at: datetime) -> int:
    """Since 1970, whole ones."""
    return (at - _EPOCH) // _MS


def moment(at: int) -> datetime:
    """In UTC."""
    return _EPOCH + at * _MS


class ScriptedSwitch:
    """An `Ami`. hear: gets each event. clock: UTC, of the loop."""

    def __init__(
        self, board: Switchboard, hear: Callable[[Event], None], clock: Callable[[], datetime]
    ) -> None:
        self.board, self._hear, self._clock = board, hear, clock
        self.up = False
        """The link: without it nothing is told, and nothing can be ordered. Whoever surveys sets it up."""
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Do what is due, and come back for what is due next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.board.advance(milliseconds(self._clock()), self._tell)
        due = self.board.due
        if due is not None:
            wait = (moment(due) - self._clock()).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(max(0.0, wait), self.wake)

    def proved_at(self) -> datetime:
        """When it last made a call to prove itself: it does each second."""
        return self._clock().replace(microsecond=0)

    async def action(self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]) -> Fields:
        """As the link does. Raises AmiDown, AmiFailed."""
        del within_s
        if not self.up:
            raise AmiDown("no link")
        self.board.board.now = -((_EPOCH - self._clock()) // _MS)  # the next whole one: nothing is early
        if not self._ordered(name, {key: str(value) for key, value in fields.items()}):
            raise AmiFailed("no such channel")
        asyncio.get_running_loop().call_soon(self.wake)
        return {}

    async def listing(
        self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]
    ) -> list[Fields]:
        """As the link does. Raises AmiDown."""
        del within_s, fields
        if not self.up:
            raise AmiDown("no link")
        if name == "CoreShowChannels":
            return listing(self.board.board.channels.values())
        if name == "DBGetTree":
            return [{"key": f"/usn/{call}", "val": text} for call, text in self.board.records.items()]
        return []

    def _ordered(self, name: str, asked: dict[str, str]) -> bool:
        match name:
            case "Originate" if not asked["Channel"].startswith("Local/"):
                return self._dial(asked)
            case "Hangup":
                return self.board.release(asked["Channel"], int(asked["Cause"]))
            case "Redirect":
                return self.board.send(asked["Channel"], asked["Context"], asked["Exten"])
            case "DBDel":
                return self.board.records.pop(asked["Key"], None) is not None
            case "Setvar" | "MuteAudio" if "Channel" in asked:
                return asked["Channel"] in self.board.board.channels
        return True

    def _dial(self, asked: dict[str, str]) -> bool:
        number, _, endpoint = asked["Channel"].removeprefix("PJSIP/").partition("@")
        return self.board.place(
            asked["ChannelId"],
            f"PJSIP/{endpoint.strip(chr(34))}",
            asked["Exten"],
            asked["CallerID"].strip("<>"),
            number,
            int(asked["Timeout"]),
        )

    def _tell(self, event: Event) -> None:
        if self.up:
            self._hear(event)
