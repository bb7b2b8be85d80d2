"""What befalls the lab's pair, one row each: what is done, what a person does about it, and what is promised.

Owns the faults. Refuses to judge what came of them.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.process import PartError

LOSSY = 10.0
Strike = Callable[[str, random.Random], object]


@dataclass(frozen=True)
class Row:
    """moves: the other server is the active then; None: either. within: seconds that are promised, if any.

    mend: what a person does when the service is back. back: seconds to a pair in step that are promised.
    """

    strike: Strike
    moves: bool | None = True
    within: float | None = None
    mend: Strike | None = None
    back: float = 60.0


def other(node: str) -> str:
    """The peer."""
    return next(name for name in net.ADDRESSES if name != node)


def _on(node: str, *words: str) -> str:
    return lab.ask("run", node, *words)


def _systemctl(*words: str) -> Strike:
    return lambda node, _chance: _on(node, "systemctl", "--no-block", *words)


def _power(wish: str) -> Strike:
    return lambda node, _chance: lab.ask("power", node, wish)


def _reset(node: str, _chance: random.Random) -> None:
    lab.ask("power", node, "off")
    lab.ask("power", node, "on")


def _lose_power(node: str, _chance: random.Random) -> None:
    lab.ask("console", node, "off")
    lab.ask("power", node, "off")


def _give_power(node: str, _chance: random.Random) -> None:
    lab.ask("console", node, "on")
    lab.ask("power", node, "on")


def _hang(node: str, _chance: random.Random) -> None:
    """All but the kernel and init: addresses still answer, nothing else does."""
    _on(node, "sh", "-c", "(sleep 0.2; kill -STOP -1) >/dev/null 2>&1 &")


def _both_boot(node: str, chance: random.Random) -> None:
    for name in (node, other(node)):
        lab.ask("power", name, "off")
    for name in chance.sample(list(net.ADDRESSES), 2):
        lab.ask("power", name, "on")


def _isolate(node: str, _chance: random.Random) -> None:
    lab.ask("cable", node, "xover", "out")
    lab.ask("cable", node, "bond0", "out")


def _join(node: str, _chance: random.Random) -> None:
    lab.ask("cable", node, "bond0", "in")
    lab.ask("cable", node, "xover", "in")


def _cable(link: str, wish: str) -> Strike:
    return lambda node, _chance: lab.ask("cable", node, link, wish)


def _lose_packets(node: str, _chance: random.Random) -> None:
    """One in five of all that come in, on all links."""
    chain = "add chain inet lossy in { type filter hook input priority -300; }"
    rule = "add rule inet lossy in numgen random mod 5 0 drop"
    _on(node, "nft", f"add table inet lossy; {chain}; {rule}")


def _keep_packets(node: str, _chance: random.Random) -> None:
    time.sleep(LOSSY)
    _on(node, "sh", "-c", "nft delete table inet lossy || true")  # it may have been booted since


def _cut_hand_over(victim: Callable[[str], str]) -> Strike:
    """The hand-over is ordered, and a server dies, and boots again, at any moment of it."""

    def strike(node: str, chance: random.Random) -> None:
        _on(node, "usnd", "pair", "switch-over")
        time.sleep(chance.uniform(0.0, 3.0))
        _reset(victim(node), chance)

    return strike


CHOICE_PATIENCE = 60.0
FORCE = ("usnd", "pair", "force-active", "--yes", "--seen-off")


def _stop(unit: str) -> Strike:
    """A part that is there, and does no work."""

    def strike(node: str, _chance: random.Random) -> None:
        _on(node, "systemctl", "kill", "--signal=STOP", unit)

    return strike


def _cross_over_dead_at_boot(node: str, _chance: random.Random) -> None:
    """Both lose their power; the cable has no carrier when the active alone boots again."""
    lab.ask("cable", node, "xover", "out")
    for name in (other(node), node):
        lab.ask("power", name, "off")
    lab.ask("power", node, "on")


def _mend_cross_over(node: str, _chance: random.Random) -> None:
    lab.ask("cable", node, "xover", "in")
    lab.ask("power", other(node), "on")


def _flap(node: str, _chance: random.Random) -> None:
    """Two seconds out, two in, for a minute."""
    for wish in ("out", "in") * 15:
        lab.ask("cable", node, "bond0", wish)
        time.sleep(2.0)


def _force_both(node: str, _chance: random.Random) -> None:
    """Cut apart, consoles too; a person who looks at neither forces the other one."""
    _isolate(node, _chance)
    for name in net.ADDRESSES:
        lab.ask("console", name, "off")
    _on(other(node), *FORCE)


def _meet(node: str, chance: random.Random) -> None:
    """They meet; a person gives up what the first one did alone."""
    for name in net.ADDRESSES:
        lab.ask("console", name, "on")
    _join(node, chance)
    deadline = time.monotonic() + CHOICE_PATIENCE
    while "fault" not in (said := _on(node, "usnd", "pair", "status")):
        if time.monotonic() > deadline:
            raise PartError(f"it does not wait for a choice: {said}")
        time.sleep(1.0)
    _on(node, "usnd", "pair", "rejoin", "--yes")


def _kill(pattern: str) -> Strike:
    return lambda node, _chance: _on(node, "pkill", "-KILL", "-f", pattern)


ROWS: dict[str, Row] = {
    "hand-over": Row(lambda node, _chance: _on(node, "usnd", "pair", "switch-over"), within=3.0),
    "crash": Row(_power("panic"), within=8.0),
    "hang": Row(_hang, within=8.0),
    "asterisk": Row(_systemctl("kill", "--signal=KILL", "asterisk"), moves=False, within=5.0),
    "reset": Row(_reset, within=8.0),
    "power": Row(_lose_power, mend=_give_power, back=120.0),
    "standby dies": Row(lambda node, _chance: lab.ask("power", other(node), "panic"), moves=False),
    "both boot": Row(_both_boot, moves=None),
    "arbiter killed": Row(_systemctl("kill", "--signal=KILL", "usn-arbiter"), moves=None),
    "arbiter restarted": Row(_systemctl("restart", "usn-arbiter"), within=5.0),
    "server rebooted": Row(_systemctl("reboot"), within=5.0),
    "standby rebooted": Row(
        lambda node, _chance: _on(other(node), "systemctl", "--no-block", "reboot"), moves=False
    ),
    "database killed": Row(_kill("postgres -D"), moves=None),
    "usnd killed": Row(_systemctl("kill", "--signal=KILL", "usnd"), moves=False, within=5.0),
    "cut off": Row(_isolate, mend=_join),
    "bond cut": Row(_cable("bond0", "out"), mend=_cable("bond0", "in")),
    "cross-over cut": Row(_cable("xover", "out"), moves=False, mend=_cable("xover", "in")),
    "packets lost": Row(_lose_packets, moves=None, mend=_keep_packets),
    "usnd hangs": Row(_stop("usnd"), moves=False, within=8.0),
    "asterisk hangs": Row(_stop("asterisk"), moves=False, within=10.0),
    "database hangs": Row(_stop("postgresql@17-main"), moves=None, within=20.0),
    "keepalived killed": Row(_systemctl("kill", "--signal=KILL", "keepalived"), moves=False, within=5.0),
    "keepalived killed on the standby": Row(
        lambda node, _chance: _on(other(node), "systemctl", "kill", "--signal=KILL", "keepalived"),
        moves=False,
    ),
    "cross-over dead at boot": Row(_cross_over_dead_at_boot, moves=False, mend=_mend_cross_over, back=120.0),
    "bond flaps": Row(_flap),
    "forced on both": Row(_force_both, mend=_meet, back=180.0),
    "old dies in hand-over": Row(_cut_hand_over(lambda node: node)),
    "new dies in hand-over": Row(_cut_hand_over(other), moves=None),
}
"""The first four are the chief ones."""
CHIEF = tuple(ROWS)[:4]
