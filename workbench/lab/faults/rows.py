"""What befalls the lab's pair, one row each: what is done, what a person does about it, and what is promised.

Called by workbench/chaos/pair.py, which carries the rows out; boots.py generates more. It does not judge what
came of them: runs.py does.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from usnd.domain.pair.alarms import PairAlarm
from usnd.domain.pair.states import PairState
from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.parts.process import PartError

LOSSY = 10.0
DEAF = 6.0
SLOW_SINCE = 12.0
ASTERISK = "/usr/sbin/asterisk"
Strike = Callable[[str, random.Random], object]


@dataclass(frozen=True)
class Row:
    """moves: the other server is the active then; None: either. within: seconds that are promised, if any.

    mend: what a person does when the service is back. back: seconds to a pair in step that are promised.
    tells: an alarm of the arbiters that must be raised before that. forced: by an operator without looking:
    two actives are his doing, and what one of them did alone is kept aside. look: seconds in which the alarms
    are noted. says: one of these must then stand, if texts or calls are not served. patience: seconds for a
    first call.
    """

    strike: Strike
    moves: bool | None = True
    within: float | None = None
    mend: Strike | None = None
    back: float = 60.0
    tells: PairAlarm | None = None
    forced: bool = False
    look: float = 0.0
    says: tuple[str, ...] = ()
    patience: float = 90.0


def other(node: str) -> str:
    """The peer."""
    return next(name for name in net.ADDRESSES if name != node)


def on(node: str, *words: str) -> str:
    """What root runs there prints. Raises PartError."""
    return lab.ask("run", node, *words)


def _systemctl(*words: str) -> Strike:
    return lambda node, _chance: on(node, "systemctl", "--no-block", *words)


def _power(wish: str) -> Strike:
    return lambda node, _chance: lab.ask("power", node, wish)


def reset(node: str, _chance: random.Random) -> None:
    """Its power goes and comes."""
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
    on(node, "sh", "-c", "(sleep 0.2; kill -STOP -1) >/dev/null 2>&1 &")


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
    on(node, "nft", f"add table inet lossy; {chain}; {rule}")


def _keep_packets(node: str, _chance: random.Random) -> None:
    time.sleep(LOSSY)
    on(node, "sh", "-c", "nft delete table inet lossy || true")  # it may have been booted since


def _cut_hand_over(victim: Callable[[str], str]) -> Strike:
    """The hand-over is ordered, and a server dies, and boots again, at any moment of it."""

    def strike(node: str, chance: random.Random) -> None:
        on(node, "usnd", "pair", "switch-over")
        time.sleep(chance.uniform(0.0, 3.0))
        reset(victim(node), chance)

    return strike


CHOICE_PATIENCE = 60.0
FORCE = ("usnd", "pair", "force-active", "--yes", "--seen-off")


def _stop(unit: str) -> Strike:
    """A part that is there, and does no work."""

    def strike(node: str, _chance: random.Random) -> None:
        on(node, "systemctl", "kill", "--signal=STOP", unit)

    return strike


def _on_standby(strike: Strike) -> Strike:
    return lambda node, chance: strike(other(node), chance)


def be_alone(node: str) -> None:
    """The standby loses its power; the active goes on alone. Raises PartError."""
    lab.ask("power", other(node), "off")
    deadline = time.monotonic() + CHOICE_PATIENCE
    while lab.states()[node] != PairState.ACTIVE_SOLO.value:
        if time.monotonic() > deadline:
            raise PartError(f"the active does not go on alone: {lab.states()}")
        time.sleep(0.2)


def _cross_over_dead_at_boot(node: str, chance: random.Random) -> None:
    """The cable has no carrier when a lone survivor boots again."""
    be_alone(node)
    lab.ask("cable", node, "xover", "out")
    reset(node, chance)


def _mend_cross_over(node: str, _chance: random.Random) -> None:
    lab.ask("cable", node, "xover", "in")
    lab.ask("power", other(node), "on")


def _flap(node: str, _chance: random.Random) -> None:
    """Two seconds out, two in, for a minute."""
    for wish in ("out", "in") * 15:
        lab.ask("cable", node, "bond0", wish)
        time.sleep(2.0)


def _force_both(node: str, _chance: random.Random) -> None:
    """Neither hears the other, nor a console; both are on the network. One is forced, then the other."""
    lab.ask("cable", node, "xover", "out")
    for name in net.ADDRESSES:
        lab.ask("console", name, "off")
        chain = "add chain inet deaf in { type filter hook input priority -300; }"
        rule = f"add rule inet deaf in ip saddr {net.ADDRESSES[other(name)]} drop"
        on(name, "nft", f"add table inet deaf; {chain}; {rule}")
    time.sleep(DEAF)
    on(node, *FORCE)
    time.sleep(DEAF)
    on(other(node), *FORCE)


def _meet(node: str, _chance: random.Random) -> None:
    """They meet; a person gives up what the first one did alone."""
    for name in net.ADDRESSES:
        lab.ask("console", name, "on")
        on(name, "sh", "-c", "nft delete table inet deaf || true")  # it may have been booted since
    lab.ask("cable", node, "xover", "in")
    deadline = time.monotonic() + CHOICE_PATIENCE
    while (state := lab.status(node).get("state")) != PairState.FAULT.value:  # it may have been booted since
        if time.monotonic() > deadline:
            raise PartError(f"it does not wait for a choice: {state}")
        time.sleep(0.5)
    on(node, "usnd", "pair", "rejoin", "--yes")


def _slow_console(node: str, chance: random.Random) -> None:
    """The active's console needs some 4 s for an answer that took a tenth of one; then the active dies."""
    lab.ask("console", node, "slow")
    time.sleep(SLOW_SINCE)
    _power("panic")(node, chance)


def _no_asterisk(node: str, _chance: random.Random) -> None:
    """It does not run on a standby, so it cannot hang there; the next proof finds that it is gone."""
    on(other(node), "mv", ASTERISK, f"{ASTERISK}.gone")
    on(other(node), "systemctl", "--no-block", "restart", "usn-arbiter")


def _asterisk_again(node: str, _chance: random.Random) -> None:
    on(other(node), "mv", f"{ASTERISK}.gone", ASTERISK)


def outside(address: str, wish: str) -> Strike:
    """Somebody who is neither of the servers: `out`, nothing answers there."""
    return lambda _node, _chance: lab.ask("address", address, wish)


def _kill(pattern: str) -> Strike:
    return lambda node, _chance: on(node, "pkill", "-KILL", "-f", pattern)


FAULTS: dict[str, Row] = {
    "hand-over": Row(lambda node, _chance: on(node, "usnd", "pair", "switch-over"), within=3.0),
    "crash": Row(_power("panic"), within=8.0),
    "hang": Row(_hang, within=8.0),
    "asterisk": Row(_systemctl("kill", "--signal=KILL", "asterisk"), moves=False, within=5.0),
    "reset": Row(reset, within=8.0),
    "power": Row(_lose_power, mend=_give_power, back=120.0),
    "standby dies": Row(lambda node, _chance: lab.ask("power", other(node), "panic"), moves=False),
    "both boot": Row(_both_boot, moves=None),
    "arbiter killed": Row(_systemctl("kill", "--signal=KILL", "usn-arbiter"), moves=None),
    "arbiter restarted": Row(_systemctl("restart", "usn-arbiter"), within=5.0),
    "server rebooted": Row(_systemctl("reboot"), within=5.0),
    "standby rebooted": Row(
        lambda node, _chance: on(other(node), "systemctl", "--no-block", "reboot"), moves=False
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
        lambda node, _chance: on(other(node), "systemctl", "kill", "--signal=KILL", "keepalived"),
        moves=False,
    ),
    "arbiter hangs": Row(_stop("usn-arbiter"), moves=None),
    "usnd hangs on the standby": Row(_on_standby(_stop("usnd")), moves=False, within=5.0),
    "asterisk gone on the standby": Row(
        _no_asterisk,
        moves=False,
        within=5.0,
        mend=_asterisk_again,
        back=90.0,  # what failed thoroughly is tried again after a minute
        tells=PairAlarm.UNABLE,
    ),
    "database hangs on the standby": Row(
        _on_standby(_stop("postgresql@17-main")), moves=False, within=10.0, back=90.0
    ),
    "arbiter hangs on the standby": Row(_on_standby(_stop("usn-arbiter")), moves=False, within=10.0),
    "cross-over dead at boot": Row(_cross_over_dead_at_boot, moves=False, mend=_mend_cross_over, back=180.0),
    "bond flaps": Row(_flap, back=180.0),
    "forced on both": Row(_force_both, mend=_meet, back=180.0, forced=True),
    "slow console": Row(
        _slow_console,
        mend=lambda node, _chance: lab.ask("console", node, "on"),
        back=180.0,
        tells=PairAlarm.SLOW_CONSOLE,
    ),
    "gateway silent": Row(
        outside(net.CONTROL, "out"),
        moves=False,
        within=5.0,
        mend=outside(net.CONTROL, "in"),
        tells=PairAlarm.NO_GATEWAY,
    ),
    "old dies in hand-over": Row(_cut_hand_over(lambda node: node)),
    "new dies in hand-over": Row(_cut_hand_over(other), moves=None),
}
"""The first four are the chief ones."""
CHIEF = tuple(FAULTS)[:4]
