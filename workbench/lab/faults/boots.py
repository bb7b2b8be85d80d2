"""A server boots, and one part is dead: a row for each part and each way to boot, generated.

The parts are those that can be taken away from containers. Not among them: one of two cables of a bond
(`make lab-bond`); the clock and its servers, as a container has the host's. That the pair takes no notice
of the time of day, and usnd serves with a wrong one, is shown by `tests/unit/pair/test_pair_clock.py` and
`tests/integration/node/process/test_node_clock.py`. A disk that is nearly full is one of which more must be
free (`least_free`) than there is.
"""

import random
from dataclasses import dataclass

from usnd.domain.pair.alarms import PairAlarm
from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.lab.faults.rows import Row, Strike, be_alone, on, other, outside, reset

NOBODY = f"{net.NETWORK}.250"
"""Nobody has this address."""
LOOK = 40.0
PATIENCE = 60.0
BACK = 180.0
ARBITER = "/etc/usn/arbiter.toml"


@dataclass(frozen=True)
class Part:
    """dead: takes it away from the server that boots next, which still runs. back: gives it again.

    says: what an operator reads, one of these, where nobody is served without it; none: it must serve.
    """

    dead: Strike
    back: Strike
    says: tuple[str, ...] = ()


_CUT_OFF = (PairAlarm.CUT_OFF.value, PairAlarm.ILL.value)


def _asked(*words: str, wish: str) -> Strike:
    """`NODE` in the words is the server."""
    return lambda node, _chance: lab.ask(*(node if word == "NODE" else word for word in words), wish)


def _lab(*words: str, says: tuple[str, ...] = ()) -> Part:
    return Part(_asked(*words, wish="out"), _asked(*words, wish="in"), says)


def _console(whose: str) -> Part:
    def turn(wish: str) -> Strike:
        return lambda node, _chance: lab.ask("console", node if whose == "own" else other(node), wish)

    return Part(turn("off"), turn("on"))


def _shell(dead: str, back: str) -> Part:
    def run(script: str) -> Strike:
        return lambda node, _chance: on(node, "sh", "-c", script)

    return Part(run(dead), run(back))


def _outside(address: str, *says: str) -> Part:
    return Part(outside(address, "out"), outside(address, "in"), says)


PARTS: dict[str, Part] = {
    "bond": _lab("cable", "NODE", "bond0", says=_CUT_OFF),
    "cross-over": _lab("cable", "NODE", "xover"),
    "switch": _lab("switch", "NODE", says=_CUT_OFF),
    "own console": _console("own"),
    "other console": _console("other"),
    "gateway": _outside(net.CONTROL, *_CUT_OFF),
    "name server": _shell(
        f"mv /etc/resolv.conf /etc/resolv.was; echo nameserver {NOBODY} >/etc/resolv.conf",
        "mv -f /etc/resolv.was /etc/resolv.conf",
    ),
    "SMSC": _outside(net.SMSC, "the SMSC is not bound"),
    "MSC": _outside(net.MSC, "trunk down"),
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

    return Row(strike, moves=None, mend=part.back, back=BACK, look=LOOK, says=part.says, patience=PATIENCE)


def _standby(part: Part) -> Row:
    """The standby lacks it at its next boot; the active goes on."""

    def strike(node: str, chance: random.Random) -> None:
        part.dead(other(node), chance)
        reset(other(node), chance)

    def mend(node: str, chance: random.Random) -> None:
        part.back(other(node), chance)

    return Row(strike, moves=False, mend=mend, back=BACK, look=LOOK, says=part.says, patience=PATIENCE)


def _alone(part: Part | None) -> Row:
    """The other server is off; the one that serves alone lacks the part at its next boot."""

    def strike(node: str, chance: random.Random) -> None:
        be_alone(node)
        if part is not None:
            part.dead(node, chance)
        reset(node, chance)

    def mend(node: str, chance: random.Random) -> None:
        lab.ask("power", other(node), "on")
        if part is not None:
            part.back(node, chance)

    says = part.says if part is not None else ()
    return Row(strike, moves=None, mend=mend, back=BACK, look=LOOK + 20, says=says, patience=PATIENCE)


def rows() -> dict[str, Row]:
    """By name."""
    told = {"alone without the peer": _alone(None)}
    for name, part in PARTS.items():
        told[f"both boot without {name}"] = _both(part)
        told[f"standby boots without {name}"] = _standby(part)
        told[f"alone without {name}"] = _alone(part)
    return told
