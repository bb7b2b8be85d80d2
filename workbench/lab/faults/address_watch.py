"""Who answers for the floating address, asked every 50 ms until standard input ends.

Started by observation.py in the lab's outer namespace. At the end it prints for how many seconds no server,
one, and more than one answered.
"""

import json
import select
import socket
import sys
import time

from usnd.pair.network.links import claimant, request
from workbench.lab import net

EVERY = 0.05
_ARP = 0x0806
_SENDER = slice(6, 12)


def answerers(link: socket.socket, until: float) -> set[bytes]:
    """The MAC addresses that answer one question before `until`."""
    link.send(request(link.getsockname()[4], net.FLOATING))
    found = set()
    while (left := until - time.monotonic()) > 0:
        link.settimeout(left)
        try:
            frame = link.recv(64)
        except TimeoutError:
            break
        if claimant(frame, net.FLOATING):
            found.add(frame[_SENDER])
    return found


def main() -> None:
    """Prints the seconds with none, one and more."""
    seconds = {"none": 0.0, "one": 0.0, "more": 0.0}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP)) as link:
        link.bind(("eth0", _ARP))
        while not select.select([sys.stdin], [], [], 0)[0]:
            started = time.monotonic()
            count = len(answerers(link, started + EVERY))
            seconds[("none", "one", "more")[min(count, 2)]] += time.monotonic() - started
    print(json.dumps({name: round(value, 2) for name, value in seconds.items()}))


if __name__ == "__main__":
    main()
