"""Proves that an administrator's commands do in the running usnd what texts and keys do (C1, C8)."""

import getpass
import json

import pytest

from usnd.control.answers import Done
from usnd.control.client import NotDone, ask
from usnd.control.requests import Add, Drop, End, Instruction, Launch, Lock, Look, Mute, socket_of
from workbench.demo.stage import EVERYBODY, GROUP, GROUP_NAME, SUBSCRIBER, Stage, stage
from workbench.demo.tones import TONES
from workbench.parts.process import PartError, until

ALFA, BRAVO, CHARLIE = GROUP.values()
DELTA = "+447700900005"


def act(parts: Stage, request: Instruction) -> Done:
    """As the command does it, without the time that starting it takes."""
    return ask(socket_of(parts.usn.home), request)


async def test_an_administrator_launches_controls_and_ends_a_conference() -> None:
    async with stage() as parts:
        parts.tones[DELTA] = TONES[len(EVERYBODY)]
        await parts.switch.put(parts.handset(DELTA))
        await parts.text(f"GC {GROUP_NAME} " + " ".join(GROUP.values()))
        launch = Launch(subscriber=SUBSCRIBER, members=(GROUP_NAME,), request="ticket-4711")

        dry = act(parts, Launch(subscriber=SUBSCRIBER, members=(GROUP_NAME,), dry_run=True))
        assert {row["number"] for row in dry.people} == set(GROUP.values())
        assert parts.switch.invites == []
        with pytest.raises(PartError, match="Not known: nobody"):
            parts.usn.command("conference", "launch", SUBSCRIBER, "nobody")
        with pytest.raises(NotDone, match=r"900099 is not registered: usnd subscriber add"):
            act(parts, Launch(subscriber="07700900099", members=(ALFA,)))

        first = act(parts, launch)
        assert "already" in (again := act(parts, launch)).said
        assert first.conference == again.conference == 1
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert len(parts.switch.invites) == len(EVERYBODY)
        with pytest.raises(NotDone, match="still running"):
            act(parts, Launch(subscriber=SUBSCRIBER, members=(ALFA,)))

        await control(parts)
        await look(parts)


async def control(parts: Stage) -> None:
    everybody = [*EVERYBODY.values(), DELTA]
    assert act(parts, Add(conference=1, members=(DELTA, ALFA))).people == ({"number": DELTA, "name": ""},)
    assert len(await parts.until_heard(everybody)) == 20
    assert "called already" in act(parts, Add(conference=1, members=(DELTA,))).said

    for _ in range(2):  # a repetition changes nothing
        act(parts, Mute(conference=1, who=BRAVO))
        act(parts, Lock(conference=1))
    assert await until(lambda: BRAVO not in parts.speakers(ALFA, parts.tones), 10, 0.5)
    act(parts, Mute(conference=1, who=BRAVO, on=False))
    assert len(await parts.until_heard(everybody)) == 20

    with pytest.raises(NotDone, match="is the subscriber: end the conference"):
        act(parts, Drop(conference=1, who=SUBSCRIBER))
    assert "dropped" in parts.usn.command("conference", "drop", "1", DELTA)
    await parts.usn.until_event("call ended", 10, number=DELTA)
    with pytest.raises(NotDone, match="900005 is not in conference 1: in it are "):
        act(parts, Drop(conference=1, who=DELTA))
    who = {event["by"] for event in parts.usn.events() if event["event"].startswith("asked at the console")}
    assert who == {getpass.getuser()}, "the journal says who asked"
    assert parts.usn.count("asked at the console: drop", who=DELTA) == 2


async def look(parts: Stage) -> None:
    (row,) = [json.loads(line) for line in parts.usn.command("conference", "list", "--json").splitlines()]
    assert (row["state"], row["in"], row["locked"], row["muted"]) == ("running", 4, True, False)
    assert len(act(parts, End(conference=1, dry_run=True)).calls) == 5
    assert len(ask(socket_of(parts.usn.home), Look()).calls) == 5
    act(parts, End(conference=1))
    await parts.usn.until_event("conference ended", 20, reason="told")
    with pytest.raises(NotDone, match="conference 1 is not running: see `usnd conference list`"):
        act(parts, Lock(conference=1))

    await parts.usn.stop_daemon()
    listed = parts.usn.command("conference", "list", "--ended", "--json")
    assert json.loads(listed)["reason"] == "told"
    assert DELTA in parts.usn.command("conference", "show", "1")
    with pytest.raises(PartError, match="usnd is not running"):
        parts.usn.command("conference", "end", "1")


async def test_a_request_is_launched_once_over_a_crash_of_usnd() -> None:
    """The answer was lost with usnd; asked again, nobody is called twice."""
    async with stage() as parts:
        launch = Launch(subscriber=SUBSCRIBER, members=tuple(GROUP.values()), request="ticket-4712")
        act(parts, launch)
        parts.usn.process.kill()
        await parts.usn.start_daemon()
        assert "already" in act(parts, launch).said
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))
        assert len(parts.switch.invites) == len(EVERYBODY)
