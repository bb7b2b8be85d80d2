"""What is read of a bond, from files such as the kernel shows."""

from pathlib import Path

from usnd.domain.pair.bond import BondSeen, Monitor
from usnd.pair.network.bond import look


def kernel(place: Path, **files: str) -> None:
    for name, text in files.items():
        path = place / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")


def test_a_bond_by_targets(tmp_path: Path) -> None:
    kernel(
        tmp_path,
        bond0__carrier="1", bond0__bonding__miimon="0", bond0__bonding__active_slave="eno2",
        bond0__bonding__slaves="eno1 eno2", bond0__statistics__rx_packets="815",
        eno1__carrier="0", eno2__carrier="1",
    )  # fmt: skip
    seen = BondSeen(
        Monitor.TARGETS, carrier=True, active="eno2", members={"eno1": False, "eno2": True}, received=815
    )
    assert look("bond0", tmp_path) == seen


def test_a_bond_by_links_without_an_active_member(tmp_path: Path) -> None:
    """A link that is down refuses to tell its carrier."""
    kernel(
        tmp_path, bond0__bonding__miimon="100", bond0__bonding__slaves="eno1", bond0__bonding__active_slave=""
    )
    assert look("bond0", tmp_path) == BondSeen(
        Monitor.LINKS, carrier=False, active="", members={"eno1": False}, received=0
    )


def test_another_interface_is_no_bond(tmp_path: Path) -> None:
    kernel(tmp_path, eth0__carrier="1")
    assert look("eth0", tmp_path) is None
    assert look("eth1", tmp_path) is None
