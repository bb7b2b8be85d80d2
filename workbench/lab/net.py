"""The lab's cables and switches: network namespaces that nothing leaves.

Makes the namespaces, two switches with a line between them, the cross-over cable, and plugs in each node.
There is no default route: an address outside the lab is unreachable. A node has one interface `bond0`, not
two cables: a workstation's kernel may have no bonding. `plug` moves it to the other switch.
"""

import os
import subprocess

LAB = os.environ.get("USN_LAB", "")
"""Names a second lab beside the first one: USN_LAB=2 make lab."""
LAN, OUTSIDE = f"usnlab{LAB}-lan", f"usnlab{LAB}-out"
SWITCHES = ("sw1", "sw2")
DEAD_SWITCH = "sw3"
"""It has power and forwards nothing: a cable in it has carrier."""
NETWORK = "192.0.2"
CONTROL, SMSC, MSC = f"{NETWORK}.1", f"{NETWORK}.10", f"{NETWORK}.20"
FLOATING = f"{NETWORK}.212"
ADDRESSES = {"a": f"{NETWORK}.213", "b": f"{NETWORK}.214"}
ARP = {"arp_ignore": 1, "arp_announce": 2}
"""As role keepalived has them."""
CONSOLES = {"a": f"{NETWORK}.220", "b": f"{NETWORK}.221"}


def namespace(node: str) -> str:
    """The namespace of the node `a` or `b`."""
    return f"usnlab{LAB}-{node}"


def ip(*words: str) -> None:
    """One `ip` command. Raises subprocess.CalledProcessError."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def build() -> None:
    """Namespaces, switches and cables; nothing of a former lab stays."""
    remove()
    for name in (LAN, OUTSIDE, *map(namespace, ADDRESSES)):
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
    for switch in (*SWITCHES, DEAD_SWITCH):
        ip("-n", LAN, "link", "add", switch, "type", "bridge")
        ip("-n", LAN, "link", "set", switch, "up")
    ip("-n", LAN, "link", "add", "line1", "type", "veth", "peer", "name", "line2")
    plug("line1", SWITCHES[0])
    plug("line2", SWITCHES[1])
    _cable(OUTSIDE, "eth0", "outside", SWITCHES[0])
    _write(OUTSIDE, "ipv4/conf/eth0/promote_secondaries", 1)  # one that goes takes no other with it
    for address in (CONTROL, SMSC, MSC, *CONSOLES.values()):
        appear(address)
    ip("-n", OUTSIDE, "link", "set", "eth0", "up")
    for node, switch in zip(ADDRESSES, SWITCHES, strict=True):
        _cable(namespace(node), "bond0", f"{node}-bond0", switch)
        for setting, value in ARP.items():  # a container may not: its kernel's settings are read-only
            _write(namespace(node), f"ipv4/conf/all/{setting}", value)
    one, other = map(namespace, ADDRESSES)
    ip("link", "add", "xover", "netns", one, "type", "veth", "peer", "name", "xover", "netns", other)


def _cable(place: str, inner: str, outer: str, switch: str) -> None:
    ip("link", "add", inner, "netns", place, "type", "veth", "peer", "name", outer, "netns", LAN)
    plug(outer, switch)


def _write(place: str, setting: str, value: int) -> None:
    write = f"echo {value} > /proc/sys/net/{setting}"
    subprocess.run(inside(place, "sh", "-c", write), check=True, capture_output=True)


def appear(address: str) -> None:
    """Somebody outside is there: gateway, SMSC, switch of the network, console."""
    ip("-n", OUTSIDE, "address", "replace", f"{address}/24", "dev", "eth0")


def vanish(address: str) -> None:
    """And is not: nothing answers there, not even that nobody listens."""
    subprocess.run(
        ["ip", "-n", OUTSIDE, "address", "delete", f"{address}/24", "dev", "eth0"],
        check=False,
        capture_output=True,
    )


def stop_switch(node: str) -> None:
    """The node's switch forwards nothing more; the link stays up."""
    plug(f"{node}-bond0", DEAD_SWITCH)


def start_switch(node: str) -> None:
    """It forwards again."""
    plug(f"{node}-bond0", dict(zip(ADDRESSES, SWITCHES, strict=True))[node])


def plug(port: str, switch: str) -> None:
    """The far end of a cable goes into that switch."""
    ip("-n", LAN, "link", "set", port, "master", switch, "up")


def without_system(node: str) -> list[list[str]]:
    """The commands that make a server on the wire what it is when its system has died: nobody answers."""
    place = namespace(node)
    flush = [["ip", "-n", place, "address", "flush", "dev", interface] for interface in ("bond0", "xover")]
    return [*flush, inside(place, "nft", "flush", "ruleset")]


def without_power(node: str) -> None:
    """And without power there is no carrier either."""
    for command in without_system(node):
        subprocess.run(command, check=True, capture_output=True)
    for interface in ("bond0", "xover"):
        ip("-n", namespace(node), "link", "set", interface, "down")


def cut(node: str, cable: str) -> None:
    """Pulls the node's cable `bond0` out of its switch, or `xover` out of the other server's."""
    _carry(node, cable, "down")


def mend(node: str, cable: str) -> None:
    """Puts it back."""
    _carry(node, cable, "up")


def _carry(node: str, cable: str, state: str) -> None:
    """The far end decides: the node's own end stays as its system wants it."""
    if cable == "bond0":
        ip("-n", LAN, "link", "set", f"{node}-bond0", state)
    else:
        other = next(name for name in ADDRESSES if name != node)
        ip("-n", namespace(other), "link", "set", "xover", state)


def remove() -> None:
    """Takes down what is there of a lab."""
    for name in (LAN, OUTSIDE, *map(namespace, ADDRESSES)):
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def inside(place: str, *command: str) -> list[str]:
    """The command words that run a program in a namespace."""
    return ["nsenter", f"--net=/run/netns/{place}", "--", *command]
