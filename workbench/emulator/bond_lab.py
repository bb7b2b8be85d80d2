"""`make lab-bond`: two emulated servers with real bonds, and what befalls their cables, switches and gateway.

The servers have the very files of role network. Each row breaks something and says how long each server's
address was out of reach, by a second host's pings every 20 ms, and whether both bonds were without carrier.
The result is build/chaos/bond.json. Needs root.
"""

import argparse
import asyncio
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench import ROOT
from workbench.emulator import cables
from workbench.emulator.file_system import MachineRoot, copy, disk, machine_root
from workbench.emulator.guest import Card, Guest
from workbench.lab.bare import cache
from workbench.lab.net import inside, ip
from workbench.parts.debian import DebianError, say
from workbench.parts.process import PartError, private_directory, run

PROMISED = 1.0
"""Seconds until an address is reached again, where there is a way."""
WATCHED = 6.0
"""Seconds that are watched after the fault."""
CALM = 12.5
"""Seconds after the mend until the next row: a bond that went by its links has gone back by then."""
RESULT = Path("build/chaos/bond.json")
INTERVAL = 200
NETWORK_FILES = ("workbench/emulator/network.yml", "roles/network")
PROGRAM = ("usnd", "workbench/__init__.py", "workbench/emulator")

Act = Callable[["BondLab"], None]


@dataclass(frozen=True)
class Row:
    """A fault, and how it is mended. flaps: the fault comes and goes five times before it stays."""

    strike: Act
    mend: Act
    flaps: bool = False


@dataclass
class Outcome:
    """Seconds. gaps: the longest without an answer from each server's address.

    dark: in which no bond had carrier. wrong: what was not as promised.
    """

    row: str
    gaps: dict[str, float]
    dark: float
    monitors: dict[str, str]
    wrong: list[str]


class BondLab:
    """The servers, once they run."""

    def __init__(self, guests: dict[str, Guest]) -> None:
        self.guests = guests

    def link(self, server: str, member: str, *, on: bool) -> None:
        """The cable's carrier at the server."""
        self.guests[server].carrier(member, on=on)

    def carriers(self) -> dict[str, bool]:
        """Of each server's bond."""
        return {
            server: guest.command("cat /sys/class/net/bond0/carrier 2>/dev/null || echo 0") == "1"
            for server, guest in self.guests.items()
        }

    def monitors(self) -> dict[str, str]:
        """What decides in each server's bond."""
        told = "cd /sys/class/net/bond0/bonding; cat miimon"
        return {
            server: "targets" if guest.command(told) == "0" else "links"
            for server, guest in self.guests.items()
        }


def _link(member: str, *, on: bool) -> Act:
    return lambda lab: lab.link("a", member, on=on)


def _both_links(*, on: bool) -> Act:
    def act(lab: BondLab) -> None:
        for server in cables.ADDRESSES:
            lab.link(server, cables.MEMBERS[0], on=on)

    return act


def _switch_dead(number: int) -> Act:
    """The servers still have carrier: their ends of the switch stay up."""

    def act(_lab: BondLab) -> None:
        for server in cables.ADDRESSES:
            cables.unplug(cables.tap(server, cables.MEMBERS[number]))

    return act


def _switch_alive(number: int) -> Act:
    def act(_lab: BondLab) -> None:
        for server in cables.ADDRESSES:
            cables.plug(cables.tap(server, cables.MEMBERS[number]), cables.SWITCHES[number])

    return act


def _gateway(state: str) -> Act:
    return lambda _lab: ip("-n", cables.GATEWAY_PLACE, "link", "set", "eth0", state)


def _all(*acts: Act) -> Act:
    def act(lab: BondLab) -> None:
        for one in acts:
            one(lab)

    return act


def _peer(*, on: bool) -> Act:
    """The other server loses both cables."""

    def act(lab: BondLab) -> None:
        for member in cables.MEMBERS:
            lab.link("b", member, on=on)

    return act


ROWS = {
    "one link": Row(_link("eno1", on=False), _link("eno1", on=True)),
    "the other link": Row(_link("eno2", on=False), _link("eno2", on=True)),
    "first links of both": Row(_both_links(on=False), _both_links(on=True)),
    "first switch with links up": Row(_switch_dead(0), _switch_alive(0)),
    "second switch with links up": Row(_switch_dead(1), _switch_alive(1)),
    "gateway silent": Row(_gateway("down"), _gateway("up")),
    "gateway and first switch": Row(
        _all(_gateway("down"), _switch_dead(0)), _all(_switch_alive(0), _gateway("up"))
    ),
    "no target answers": Row(_all(_gateway("down"), _peer(on=False)), _all(_peer(on=True), _gateway("up"))),
    "flapping link": Row(_link("eno1", on=False), _link("eno1", on=True), flaps=True),
}
CUT_OFF = {"no target answers": "b"}
"""The server that has no way in that row: nothing is promised of it."""


@contextmanager
def pings(address: str) -> Iterator[list[float]]:
    """When the address answered the second host, asked every 20 ms; filled at the end."""
    answered: list[float] = []
    words = ["ping", "-D", "-n", "-i", "0.02", "-W", "1", address]
    with subprocess.Popen(
        inside(cables.HOST_PLACE, *words), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        try:
            yield answered
        finally:
            running.terminate()
            told = running.communicate()[0]
            answered += [float(found) for found in re.findall(r"^\[([\d.]+)\] \d+ bytes", told, re.MULTILINE)]


def longest_gap(answered: list[float], began: float, ended: float) -> float:
    """Seconds without an answer between two moments."""
    moments = [began, *(at for at in answered if began < at < ended), ended]
    return max(later - earlier for earlier, later in itertools.pairwise(moments))


def suffer(lab: BondLab, name: str, row: Row) -> Outcome:
    """One row, from a calm bond to a calm bond."""
    heard: dict[str, list[float]] = {}
    with pings(cables.ADDRESSES["a"]) as heard["a"], pings(cables.ADDRESSES["b"]) as heard["b"]:
        time.sleep(1.0)
        began = time.time()
        row.strike(lab)
        for _ in range(5 if row.flaps else 0):
            time.sleep(0.3)
            row.mend(lab)
            time.sleep(0.3)
            row.strike(lab)
        dark = _dark(lab, began + WATCHED)
        ended = time.time()
        monitors = lab.monitors()
        row.mend(lab)
    gaps = {server: round(longest_gap(heard[server], began, ended), 2) for server in cables.ADDRESSES}
    wrong = [
        f"{server} out of reach for {gap} s"
        for server, gap in gaps.items()
        if gap > PROMISED and CUT_OFF.get(name) != server
    ]
    if dark > PROMISED:
        wrong.append(f"both servers without carrier for {dark:.1f} s")
    time.sleep(CALM)
    return Outcome(name, gaps, round(dark, 2), monitors, wrong)


def _dark(lab: BondLab, until: float) -> float:
    """The longest time in which neither bond had carrier."""
    longest, since = 0.0, None
    while time.time() < until:
        if any(lab.carriers().values()):
            since = None
        else:
            since = since or time.time()
            longest = max(longest, time.time() - since)
        time.sleep(0.1)
    return longest


def prepare(root: MachineRoot, server: str, place: Path) -> Path:
    """The server's disk, with what role network writes and the arbiter's watch."""
    tree = copy(root, place / server)
    for number, member in enumerate(cables.MEMBERS, 1):
        match = f"[Match]\nMACAddress={_mac(server, number)}\n[Link]\nName={member}\n"
        (tree / f"etc/systemd/network/05-{member}.link").write_text(match)
    for part in PROGRAM:
        target = tree / "opt/usn" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-rL", str(ROOT / part), str(target)], check=True)
    peer = next(name for name in cables.ADDRESSES if name != server)
    told = {
        "network_address": f"{cables.ADDRESSES[server]}/24",
        "network_bond_members": list(cables.MEMBERS),
        "network_gateway": cables.GATEWAY,
        "network_bond_targets": [cables.GATEWAY, cables.ADDRESSES[peer]],
        "network_bond_interval": INTERVAL,
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    words = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", f"{tree},"]
    words += ["-c", "community.general.chroot", "-e", json.dumps(told), str(ROOT / NETWORK_FILES[0])]
    done = subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PartError(f"the role's files could not be written:\n{done.stdout[-2000:]}{done.stderr[-1000:]}")
    image = disk(tree, place / f"{server}.img")
    shutil.rmtree(tree)
    return image


def _mac(server: str, number: int) -> str:
    return f"52:54:00:00:{ord(server):02x}:{number:02x}"


async def lab_bond(rows: list[str], times: int) -> list[Outcome]:
    """All rows, on servers that boot first. Raises PartError, DebianError."""
    if os.geteuid() != 0:
        raise PartError("the lab lays cables: run it as root, for example sudo make lab-bond")
    root = machine_root()
    place, short = cache() / "bond", private_directory("usn-bond-")
    place.mkdir(exist_ok=True)
    cables.build()
    try:
        async with AsyncExitStack() as stack:
            guests = {}
            for server in cables.ADDRESSES:
                say(f"server {server}: its disk")
                image = prepare(root, server, place)
                guests[server] = _guest(root, server, image, short)
            say("booting both servers by software emulation: about a minute")
            await asyncio.gather(*(stack.enter_async_context(guest) for guest in guests.values()))
            lab = BondLab(guests)
            _start_watches(lab)
            return [_told(suffer(lab, name, ROWS[name])) for _ in range(times) for name in rows]
    finally:
        cables.remove()
        shutil.rmtree(short, ignore_errors=True)


def _guest(root: MachineRoot, server: str, image: Path, short: Path) -> Guest:
    cards = [
        Card(member, _mac(server, number), cables.tap(server, member))
        for number, member in enumerate(cables.MEMBERS, 1)
    ]
    (short / server).mkdir()
    return Guest(root, image, cables.LAN, cards, short / server)


def _start_watches(lab: BondLab) -> None:
    for server, guest in lab.guests.items():
        peer = next(name for name in cables.ADDRESSES if name != server)
        targets = f"{cables.GATEWAY} {cables.ADDRESSES[peer]}"
        words = f"python3 -m workbench.emulator.bond_watch bond0 {INTERVAL} {targets}"
        guest.command(f"cd /opt/usn; setsid {words} </dev/null >/tmp/watch.log 2>&1 & sleep 8")
    deadline = time.monotonic() + 180
    while not all(lab.carriers().values()):
        if time.monotonic() > deadline:
            raise PartError("the bonds have no carrier")
        time.sleep(0.5)


def _told(outcome: Outcome) -> Outcome:
    gaps = ", ".join(f"{server} {gap:.2f} s" for server, gap in outcome.gaps.items())
    told = "; ".join(outcome.wrong) or "as promised"
    print(f"{outcome.row:<26} longest gap {gaps:<24} both dark {outcome.dark:.1f} s   {told}", flush=True)
    return outcome


def main() -> int:
    """The exit status: 1 where a row was not as promised."""
    parser = argparse.ArgumentParser(prog="make lab-bond ARGS=…", description=__doc__)
    parser.add_argument("--rows", default=",".join(ROWS), help="names of rows, with commas between them")
    parser.add_argument("--times", type=int, default=1, help="how often each row is run")
    given = parser.parse_args()
    rows = given.rows.split(",")
    if unknown := [row for row in rows if row not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are: {', '.join(ROWS)}")
    try:
        outcomes = run(lab_bond(rows, given.times))
    except (PartError, DebianError) as error:
        print(f"lab-bond: {error}", file=sys.stderr)
        return 1
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n")
    wrong = sum(bool(outcome.wrong) for outcome in outcomes)
    print(f"{len(outcomes) - wrong} of {len(outcomes)} as promised; {RESULT}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
