"""What a service says to systemd (sd_notify(3)): that it is ready, and that it does its work."""

import os
import socket
from contextlib import suppress


def notify(state: str) -> None:
    """`READY=1` or `WATCHDOG=1`, when systemd started us."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    place = address.replace("@", "\0", 1) if address[0] == "@" else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as link:
        link.sendto(state.encode(), place)  # one that is lost is said again a second later
