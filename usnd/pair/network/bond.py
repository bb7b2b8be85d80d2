"""The bond of the service network: its monitor and members as sysfs tells them, changed by netlink.

Called by the arbiter every `EVERY` seconds. domain/pair/bond.py decides; between two looks the kernel does.
Needs CAP_NET_ADMIN to change the monitor and CAP_NET_RAW to ask the targets. Where the interface is no bond,
or one without ARP targets, there is nothing to do.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog
from pyroute2 import IPRoute

from usnd.domain.pair.bond import BondAction, BondSeen, BondTimes, BondWatch, Monitor, decide
from usnd.pair.network.links import Neighbour

EVERY = 0.1
"""Seconds from look to look."""
LINK_EVERY_MS = 100
"""How often the kernel looks at the links while they decide."""
NETWORK = Path("/sys/class/net")


class Bond:
    """One interface. Used by one task; `by_links` is the alarm: no target answers, so the links decide."""

    def __init__(self, interface: str, targets: Sequence[str], interval_ms: int, times: BondTimes) -> None:
        """`targets`, `interval_ms`: as the bond was made with, to go back to."""
        self._interface, self._interval, self._times = interface, interval_ms, times
        self._targets = [Neighbour(interface, target) for target in targets]
        self._watch = BondWatch()
        self.by_links = False
        self._log = structlog.get_logger("usnd.pair").bind(bond=interface)

    async def step(self, now: float) -> None:
        """One look, and what follows from it. Raises OSError and netlink's errors where it cannot be done."""
        if not self._targets:
            return
        seen = look(self._interface)
        if seen is None:
            return
        self.by_links = seen.monitor is Monitor.LINKS
        if self.by_links:
            answers = await asyncio.gather(*(target.answers() for target in self._targets))
            seen = BondSeen(
                seen.monitor, seen.carrier, seen.active, seen.members, seen.received, any(answers)
            )
        self._watch, action = decide(self._watch, seen, now, self._times)
        if action is not None:
            self._log.warning("the bond changes", action=action.value, active=seen.active)
            await asyncio.to_thread(self._act, action, seen)

    def close(self) -> None:
        """Of its sockets."""
        for target in self._targets:
            target.close()

    def _act(self, action: BondAction, seen: BondSeen) -> None:
        if action is BondAction.WATCH_LINKS:
            change(self._interface, bond_miimon=LINK_EVERY_MS)  # the kernel ends the ARP monitor by itself
        elif action is BondAction.WATCH_TARGETS:
            change(self._interface, bond_miimon=0)
            change(self._interface, bond_arp_interval=self._interval)
        else:
            with IPRoute() as netlink:
                change(self._interface, bond_active_slave=netlink.link_lookup(ifname=seen.others[0])[0])


def look(interface: str, network: Path = NETWORK) -> BondSeen | None:
    """What the kernel says of it now; None where it is no bond. Cheap enough for ten a second."""
    bond = network / interface
    if not (bond / "bonding").is_dir():
        return None
    members = _read(bond / "bonding/slaves").split()
    return BondSeen(
        monitor=Monitor.TARGETS if _read(bond / "bonding/miimon") == "0" else Monitor.LINKS,
        carrier=_read(bond / "carrier") == "1",
        active=_read(bond / "bonding/active_slave"),
        members={name: _read(network / name / "carrier") == "1" for name in members},
        received=int(_read(bond / "statistics/rx_packets") or 0),
    )


def _read(path: Path) -> str:
    """Of a link that is down the kernel refuses to tell the carrier: it has none."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def change(interface: str, **attributes: int) -> None:
    """Sets attributes of the bond while it is up. Raises netlink's error where the kernel refuses."""
    with IPRoute() as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        netlink.link("set", index=index, kind="bond", **attributes)
