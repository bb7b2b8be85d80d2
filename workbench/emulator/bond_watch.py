"""Runs in an emulated machine: the arbiter's watch over the bond, without the rest of the arbiter.

`python3 -m workbench.emulator.bond_watch INTERFACE INTERVAL TARGET…`, until it is ended.
"""

import asyncio
import sys
import time

from usnd.domain.pair.bond import BondTimes
from usnd.pair.network.bond import EVERY, Bond


async def main(interface: str, interval: int, targets: list[str]) -> None:
    """A look a second, as the arbiter's."""
    bond = Bond(interface, targets, interval, BondTimes())
    while True:
        await bond.step(time.monotonic())
        await asyncio.sleep(EVERY)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
