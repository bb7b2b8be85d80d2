"""A server boots, and one part is dead: a row for each part and each way to boot, generated.

Owns the parts that can be taken away from containers. Not among them: one of two cables of a bond
(`make lab-bond`); a time server, as the lab never has one: its clock is the host's. So the programs that
serve are told a wrong time by libfaketime. A disk that is nearly full is one of which more must be free
(`least_free`) than there is.
"""

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.lab.faults import Row, Strike, be_alone, on, other, outside, reset
from workbench.process import PartError

NOBODY = f"{net.NETWORK}.250"
"""Nobody has this address."""
LOOK = 40.0
PATIENCE = 60.0
BACK = 180.0
ARBITER = "/etc/usn/arbiter.toml"
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
FAKETIME_THERE = "/usr/local/lib/faketime.so"
CLOCK = "lab-clock.conf"
SERVE = ("usn-arbiter", "usnd", "asterisk", "postgresql@17-main")


@dataclass(frozen=True)
class Part:
    """dead: takes it away from the server that boots next, which still runs. back: gives it again."""

    dead: Strike
    back: Strike


def _asked(*words: str, wish: str) -> Strike:
    """`NODE` in the words is the server."""
    return lambda node, _chance: lab.ask(*(node if word == "NODE" else word for word in words), wish)


def _lab(*words: str) -> Part:
    return Part(_asked(*words, wish="out"), _asked(*words, wish="in"))


def _console(whose: str) -> Part:
    def turn(wish: str) -> Strike:
        return lambda node, _chance: lab.ask("console", node if whose == "own" else other(node), wish)

    return Part(turn("off"), turn("on"))


def _shell(dead: str, back: str) -> Part:
    def run(script: str) -> Strike:
        return lambda node, _chance: on(node, "sh", "-c", script)

    return Part(run(dead), run(back))


def _outside(address: str) -> Part:
    return Part(outside(address, "out"), outside(address, "in"))


def _a_day_late(node: str, _chance: random.Random) -> None:
    """What they take for now is yesterday; clocks that only count are as ever."""
    if not FAKETIME.exists():
        raise PartError("libfaketime is missing: apt-get install libfaketime")
    shutil.copy(FAKETIME, f"/proc/{lab.ask('system', node)}/root{FAKETIME_THERE}")
    drop_in = (
        f"[Service]\\nEnvironment=LD_PRELOAD={FAKETIME_THERE} FAKETIME=-1d "
        "FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1\\n"
    )
    for unit in SERVE:
        place = f"/etc/systemd/system/{unit}.service.d"
        on(node, "sh", "-c", f"mkdir -p {place}; printf '{drop_in}' >{place}/{CLOCK}")


def _in_time(node: str, _chance: random.Random) -> None:
    on(node, "sh", "-c", f"rm /etc/systemd/system/*.d/{CLOCK}; systemctl daemon-reload")
    reset(node, _chance)


PARTS: dict[str, Part] = {
    "bond": _lab("cable", "NODE", "bond0"),
    "cross-over": _lab("cable", "NODE", "xover"),
    "switch": _lab("switch", "NODE"),
    "own console": _console("own"),
    "other console": _console("other"),
    "gateway": _outside(net.CONTROL),
    "name server": _shell(
        f"mv /etc/resolv.conf /etc/resolv.was; echo nameserver {NOBODY} >/etc/resolv.conf",
        "mv -f /etc/resolv.was /etc/resolv.conf",
    ),
    "the right time": Part(_a_day_late, _in_time),
    "SMSC": _outside(net.SMSC),
    "MSC": _outside(net.MSC),
    "free disk": _shell(
        f"sed -i 's/^\\[service\\]$/[service]\\nleast_free = 0.999/' {ARBITER}",
        f"sed -i '/^least_free = 0.999$/d' {ARBITER}; systemctl --no-block restart usn-arbiter",
    ),
}


def _both(part: Part) -> Row:
    """Both lose their power and get it again; the one that was active lacks the part."""

    def strike(node: str, chance: random.Random) -> None:
        part.dead(node, chance)
        for name in (node, other(node)):
            lab.ask("power", name, "off")
        for name in chance.sample(list(net.ADDRESSES), 2):
            lab.ask("power", name, "on")

    return Row(strike, moves=None, mend=part.back, back=BACK, look=LOOK, patience=PATIENCE)


def _standby(part: Part) -> Row:
    """The standby lacks it at its next boot; the active goes on."""

    def strike(node: str, chance: random.Random) -> None:
        part.dead(other(node), chance)
        reset(other(node), chance)

    def mend(node: str, chance: random.Random) -> None:
        part.back(other(node), chance)

    return Row(strike, moves=False, mend=mend, back=BACK, look=LOOK, patience=PATIENCE)


def _alone(part: Part | None) -> Row:
    """The other server is off; the one that serves alone lacks the part at its next boot."""

    def strike(node: str, chance: random.Random) -> None:
        be_alone(node)
        if part is not None:
            part.dead(node, chance)
        reset(node, chance)

    def mend(node: str, chance: random.Random) -> None:
        if part is not None:
            part.back(node, chance)
        lab.ask("power", other(node), "on")

    return Row(strike, moves=None, mend=mend, back=BACK, look=LOOK + 20, patience=PATIENCE)


def rows() -> dict[str, Row]:
    """By name."""
    told = {"alone without the peer": _alone(None)}
    for name, part in PARTS.items():
        told[f"both boot without {name}"] = _both(part)
        told[f"standby boots without {name}"] = _standby(part)
        told[f"alone without {name}"] = _alone(part)
    return told
