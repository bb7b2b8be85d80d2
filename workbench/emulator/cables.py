"""Two switches with a line between them, a gateway and a second host, two cables to each server.

Called by bond_lab.py. Makes the network namespaces of the bond's lab, and removes them. Nothing leaves them.
"""

import subprocess

from workbench.lab.net import ip

LAN, GATEWAY_PLACE, HOST_PLACE = "usnbond-lan", "usnbond-gw", "usnbond-host"
SWITCHES = ("sw1", "sw2")
GATEWAY, HOST = "192.0.2.254", "192.0.2.10"
ADDRESSES = {"a": "192.0.2.213", "b": "192.0.2.214"}
MEMBERS = ("eno1", "eno2")


def tap(server: str, member: str) -> str:
    """The name of a cable's end in the switch."""
    return f"{server}-{member}"


def build() -> None:
    """Raises subprocess.CalledProcessError. The gateway is at the first switch, the host at the second."""
    remove()
    for place in (LAN, GATEWAY_PLACE, HOST_PLACE):
        ip("netns", "add", place)
        ip("-n", place, "link", "set", "lo", "up")
    for switch in SWITCHES:
        ip("-n", LAN, "link", "add", switch, "type", "bridge")
        ip("-n", LAN, "link", "set", switch, "up")
    ip("-n", LAN, "link", "add", "line1", "type", "veth", "peer", "name", "line2")
    _host(GATEWAY_PLACE, GATEWAY, "gateway", SWITCHES[0])
    _host(HOST_PLACE, HOST, "host", SWITCHES[1])
    for number, switch in enumerate(SWITCHES, 1):
        plug(f"line{number}", switch)
    for server in ADDRESSES:
        for member, switch in zip(MEMBERS, SWITCHES, strict=True):
            ip("netns", "exec", LAN, "ip", "tuntap", "add", tap(server, member), "mode", "tap")
            plug(tap(server, member), switch)


def _host(place: str, address: str, port: str, switch: str) -> None:
    ip("link", "add", "eth0", "netns", place, "type", "veth", "peer", "name", port, "netns", LAN)
    ip("-n", place, "address", "add", f"{address}/24", "dev", "eth0")
    ip("-n", place, "link", "set", "eth0", "up")
    plug(port, switch)


def plug(port: str, switch: str) -> None:
    """The port belongs to that switch and is up."""
    ip("-n", LAN, "link", "set", port, "master", switch, "up")


def unplug(port: str) -> None:
    """The switch forwards nothing for the port any more; whoever is behind it still has carrier."""
    ip("-n", LAN, "link", "set", port, "nomaster")


def remove() -> None:
    """What is there of a former lab."""
    for place in (LAN, GATEWAY_PLACE, HOST_PLACE):
        subprocess.run(["ip", "netns", "delete", place], check=False, capture_output=True)
