"""`make demo`: a text becomes a conference that everyone hears, on real parts, told as a timeline.

Plays the story and proves each step. Exit status 0 only if every step was seen from outside the USN: on the
SMSC, on the trunk, and in what each handset heard.
"""

import sys
import time
from collections.abc import Iterator

from workbench.demo.stage import EVERYBODY, GROUP, GROUP_NAME, SUBSCRIBER, Path, Stage, stage
from workbench.demo.timeline import Timeline
from workbench.parts.journal import Event, written_at
from workbench.parts.process import PartError, run
from workbench.setup.command import command

AWAY = 5.0
SETTINGS = f"[conference]\naway = {AWAY}\n"
NAMES = {number: name for name, number in EVERYBODY.items()}


async def demo() -> str:
    """Runs the story; its last line. Raises PartError where it fails."""
    line = Timeline()
    print("starting the SMSC, the mobile switch, the USN's Asterisk and usnd …", flush=True)
    async with stage(SETTINGS) as parts:
        line.restart(time.time())
        await build_group(parts, line)
        sent = time.time()
        line.restart(sent)
        line.tell(f"subscriber texts: IC {GROUP_NAME}")
        answer = await parts.text(f"IC {GROUP_NAME}")
        line.tell(f"USN answers: {answer}")
        await parts.usn.until_event("call joined", 20.0, len(EVERYBODY))
        first = tell_calls(parts, line, sent)
        heard = await prove_audio(parts, line)
        await leave(parts, line)
        tell_cdrs(parts)
    milliseconds = (first - sent) * 1000
    ways = len(EVERYBODY) * (len(EVERYBODY) - 1)
    return (
        f"demo ok: {len(EVERYBODY)} in conference, {heard} of {ways} audio paths heard, "
        f"SMS to first INVITE {milliseconds:.0f} ms"
    )


async def build_group(parts: Stage, line: Timeline) -> None:
    """The subscriber makes users and a group, by text."""
    for nick, number in GROUP.items():
        body = f"UC {nick} {number} {nick.title()}.Jones {GROUP_NAME}"
        line.tell(f"subscriber texts: {body}")
        line.tell(f"USN answers: {await parts.text(body)}")


def tell_calls(parts: Stage, line: Timeline, sent: float) -> float:
    """Tells each call as the trunk and the journal saw it; when the first INVITE reached the switch."""
    invites = [invite for invite in parts.switch.invites if invite.at >= sent]
    if sorted(invite.called for invite in invites) != sorted(EVERYBODY.values()):
        raise PartError(f"not everybody was called once: {[invite.called for invite in invites]}")
    if wrong := {invite.calling for invite in invites} - {SUBSCRIBER}:
        raise PartError(f"calls must show the subscriber's number, these did not: {wrong}")
    told = [
        (invite.at, f"INVITE at the switch: {NAMES[invite.called]}, calling number {invite.calling}")
        for invite in invites
    ]
    told += [(written_at(event), f"{NAMES[event['number']]} {event['event']}") for event in calls_in(parts)]
    for moment, what in sorted(told):
        line.tell(what, moment)
    return min(invite.at for invite in invites)


def calls_in(parts: Stage) -> Iterator[Event]:
    """What the journal says of answers and joins."""
    wanted = ("call answered", "call joined")
    return (event for event in parts.usn.events() if event["event"] in wanted)


async def prove_audio(parts: Stage, line: Timeline) -> int:
    """Every handset hears each other one, and not itself; how many ways were heard."""
    heard = await parts.until_heard(EVERYBODY.values())
    own = {path for path in heard if path.listener == path.speaker}
    for listener, number in EVERYBODY.items():
        speakers = [name for name, other in EVERYBODY.items() if Path(number, other) in heard]
        line.tell(f"{listener} hears {', '.join(speakers) or 'nobody'}")
    ways = len(heard - own)
    if own or ways != len(EVERYBODY) * (len(EVERYBODY) - 1):
        raise PartError(f"{ways} audio paths heard, {len(own)} handsets hear themselves")
    return ways


async def leave(parts: Stage, line: Timeline) -> None:
    """The subscriber leaves and does not come back: the timer ends the conference for all."""
    await parts.switch.hang_up(SUBSCRIBER)
    left = time.time()
    line.tell("subscriber hangs up")
    await parts.usn.until_event("conference away", 5.0)
    line.tell(f"conference waits {AWAY:g} s for the subscriber (2 minutes unless configured)")
    await parts.usn.until_event("conference ending", AWAY + 5.0, reason="subscriber-away")
    line.tell(f"conference ends with an announcement, {time.time() - left:.1f} s after the subscriber left")
    await parts.usn.until_event("conference ended", 30.0)
    for name, number in EVERYBODY.items():
        if (state := await parts.switch.state(number)) != "idle":
            raise PartError(f"the call of {name} is still {state}")
    line.tell("all calls are released")


def tell_cdrs(parts: Stage) -> None:
    """One call detail record for each call."""
    print(parts.usn.command("cdrs"), end="", flush=True)
    found = sorted(cdr["dnis"] for cdr in parts.usn.cdrs())
    if found != sorted(EVERYBODY.values()):
        raise PartError(f"not one CDR for each call: {found}")


def main() -> None:
    """Its last line says that all was as told."""
    print(run(demo()), flush=True)


if __name__ == "__main__":
    sys.exit(command(main, "demo failed"))
