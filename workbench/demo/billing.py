"""`make demo-billing`: conferences become CDRs, these a file, and billing has it, whole, by rsync over ssh.

Plays the story on real parts and proves each step at the receiving side, by sha256sum and awk alone. Exit
status 0 only if all was as told.
"""

import asyncio
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from usnd.domain.billing.csv_file import TRAILER_PARTS, Part
from usnd.domain.billing.fields import LAYOUT
from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.demo.timeline import Timeline
from workbench.parts.ports import PortBlock
from workbench.parts.process import PartError, private_directory, run
from workbench.parts.receiver import Receiver, receiver_tree, write_rsync
from workbench.parts.usn import Usn
from workbench.parts.voice.switch import Refusal
from workbench.setup.command import command

DESTINATION = "mediation"
NODE = "usn-a"
AWAY = 2.0
TALK = 3.0
TEXT_PATIENCE = 60.0
SHOWN = (
    ("sequence", 8),
    ("call", 9),
    ("cli", 14),
    ("dnis", 14),
    ("answer", 25),
    ("ring_s", 7),
    ("billable_s", 11),
    ("outcome", 12),
    ("cause", 6),
)
"""The fields of the table, and how wide each is."""
CHECK_SUM = "head -n -1 {name} | sha256sum"
LAST_LINE = "tail -n 1 {name}"
COUNT = r"""awk -F, '/^R/ {{ n++; s += ${billable} }} END {{ printf "%d %.3f\n", n, s }}' {name}"""
TABLE = """awk -F, '/^[NR]/ {{ printf "{form}", {fields} }}' {name}"""


class Billing:
    """Its machine: a directory that our key may write to, and a shell of its own people."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    @property
    def names(self) -> list[str]:
        """Of the files that have come."""
        return list(self._receiver.files())

    def shell(self, what: str) -> str:
        """What a command of these people prints, in their directory. Raises PartError."""
        done = subprocess.run(
            ["sh", "-c", what], cwd=self._receiver.inbox, capture_output=True, text=True, check=False
        )
        if done.returncode or done.stderr:
            raise PartError(f"{what} failed: {done.stderr.strip()}")
        return done.stdout


async def demo() -> str:
    """Runs the story; its last line. Raises PartError where it fails."""
    tree = receiver_tree()
    print("starting billing's sshd, the SMSC, the mobile switch, the USN's Asterisk and usnd …", flush=True)
    line = Timeline()
    home = private_directory("usn-billing-")
    try:
        write_programs(tree, home)
        async with AsyncExitStack() as stack:
            ports = stack.enter_context(PortBlock(10))
            receiver = await stack.enter_async_context(Receiver(tree, ports.spare(0)))
            parts = await stack.enter_async_context(stage(settings(receiver, home)))
            line.restart(time.time())
            introduce(receiver, line)
            await confer(parts, line)
            name = await export(parts.usn, Billing(receiver), line)
            return prove(parts.usn, Billing(receiver), name, line)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def write_programs(tree: Path, home: Path) -> None:
    """Of the node: rsync and ssh, first in PATH. Its export runs them."""
    place = home / "programs"
    place.mkdir()
    write_rsync(tree, place)
    os.environ["PATH"] = f"{place}:{os.environ['PATH']}"


def settings(receiver: Receiver, home: Path) -> str:
    """Of usnd.toml, as docs/integrator/billing.md has a destination set up."""
    return f"""
[conference]
away = {AWAY}

[billing]
directory = "{home / "cdr"}"
node = "{NODE}"

[[cdr_destination]]
name = "{DESTINATION}"
host = "{receiver.host}"
port = {receiver.port}
user = "{receiver.user}"
key = "{receiver.key}"
host_key = "{receiver.host_key}"
"""


def introduce(receiver: Receiver, line: Timeline) -> None:
    """What each side was told of the other."""
    line.tell(
        "billing's people have a user for us; our key may run rrsync in one directory, and nothing else:"
    )
    entry = (receiver.home / "authorized_keys").read_text().split(" ssh-ed25519 ", 1)
    line.show(f'command="rrsync -wo {receiver.inbox}",restrict ssh-ed25519 {entry[1][:20]}…')
    line.tell("they told us their host key, and the node lets in no other one:")
    line.show(f'host_key = "{receiver.host_key[:32]}…"')


async def confer(parts: Stage, line: Timeline) -> None:
    """Three conferences: all come, one is busy, one does not answer."""
    await parts.switch.put(
        parts.handset(GROUP["bravo"], refusal=Refusal.BUSY), parts.handset(GROUP["charlie"], ring=60.0)
    )
    await conference(parts, line, 1, "alfa", 2, "alfa answers, and they talk")
    await conference(parts, line, 2, "bravo", 1, "bravo is busy")
    line.tell(f"USN texts: {await told(parts)}")
    await conference(parts, line, 3, "charlie", 1, "charlie's telephone rings, and nobody comes")


async def conference(parts: Stage, line: Timeline, nth: int, nick: str, joined: int, what: str) -> None:
    """The subscriber has somebody called, and hangs up after a while. joined: of all people so far."""
    before = parts.usn.count("call joined")
    body = f"IC {GROUP[nick]}"
    line.tell(f"subscriber texts: {body}")
    line.tell(f"USN answers: {await parts.text(body)}")
    await parts.usn.until_event("call joined", 20.0, before + joined)
    line.tell(what)
    await asyncio.sleep(TALK)
    await parts.switch.hang_up(SUBSCRIBER)
    await parts.usn.until_event("conference ended", 60.0, nth)
    line.tell("subscriber hangs up; the conference has ended, and each of its calls has a record")


async def told(parts: Stage) -> str:
    """What the subscriber is texted unasked. Raises PartError."""
    try:
        return (await parts.smsc.next_text(SUBSCRIBER, TEXT_PATIENCE)).body
    except TimeoutError:
        raise PartError(
            f"the subscriber was not told in {TEXT_PATIENCE:g} s who could not be reached"
        ) from None


async def export(usn: Usn, billing: Billing, line: Timeline) -> str:
    """Closes the file of the last full hour and brings it away; its name. Raises PartError."""
    line.tell("on the full hour a timer runs: usnd cdr export")
    await asyncio.to_thread(usn.command, "cdr", "export")
    (file,) = [json.loads(one) for one in usn.command("cdr", "files", "--json").splitlines()]
    if file["state"] != "confirmed":
        raise PartError(f"the file is not confirmed, but {file['state']}: {file['said']}")
    if billing.names != [file["name"]]:
        raise PartError(f"billing should have {file['name']}, and has {billing.names}")
    line.tell("the file is closed, sent, and was read back; a first file has all records there are:")
    line.show(usn.command("cdr", "files"))
    return str(file["name"])


def prove(usn: Usn, billing: Billing, name: str, line: Timeline) -> str:
    """Billing's people look at what has come; the last line. Raises PartError."""
    records = usn.cdrs()
    if sorted({record["dnis"] for record in records}) != sorted(EVERYBODY.values()):
        raise PartError(f"not everybody who was called has a CDR: {records}")
    line.tell("billing's people look at what has come, by their own programs:")
    shown = asked(billing, line, CHECK_SUM.format(name=name))
    last = asked(billing, line, LAST_LINE.format(name=name)).strip().split(",")
    digest = shown.split()[0]
    if last[1 + position(TRAILER_PARTS, "sha256")] != digest:
        raise PartError(f"the last line says another SHA-256 than {digest}: {last}")
    count, charged = asked(billing, line, COUNT.format(name=name, billable=column("billable_s"))).split()
    seconds = sum(record["billable_s"] for record in records)
    if (int(count), last[1 + position(TRAILER_PARTS, "count")], charged) != (
        len(records),
        count,
        f"{seconds:.3f}",
    ):
        raise PartError(
            f"the node has {len(records)} records and {seconds:.3f} s, billing {count} and {charged}"
        )
    line.tell("the checksum is that of the last line, and both sums are those of the node; as a table:")
    line.show(billing.shell(table(name)))
    octets = len(billing.shell(f"cat {shlex.quote(name)}").encode())
    return (
        f"demo ok: {len({record['conference'] for record in records})} conferences, {count} CDRs, "
        f"{charged} s charged "
        f"in a file of {octets} octets, whole at billing by rsync, sha256sum and awk agree"
    )


def asked(billing: Billing, line: Timeline, what: str) -> str:
    """A command with what it printed."""
    found = billing.shell(what)
    line.show(f"$ {what}\n{found.rstrip()}")
    return found


def column(name: str) -> int:
    """Which of awk's fields it is: behind the letter of the line."""
    return LAYOUT.index(name) + 2


def position(parts: Sequence[Part], name: str) -> int:
    """Of a value in the first or the last line."""
    return [part.name for part in parts].index(name)


def table(name: str) -> str:
    """The command that prints it."""
    form = " ".join(f"%-{width}s" for _, width in SHOWN) + r"\n"
    fields = ", ".join(f"${column(field)}" for field, _ in SHOWN)
    return TABLE.format(form=form, fields=fields, name=name)


def main() -> None:
    """Its last line says that all was as told."""
    print(run(demo()), flush=True)


if __name__ == "__main__":
    sys.exit(command(main, "demo failed"))
