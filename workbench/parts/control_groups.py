"""Our control groups: systems that boot on this machine need some of their own below them."""

from pathlib import Path


def control_groups() -> list[Path]:
    """Ours, in each hierarchy in which a system keeps its services; see proc_pid_mountinfo(5)."""
    ours = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        ours[controllers] = path.rstrip("/")
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        place, (kind, _, options) = line.split()[4], line.partition(" - ")[2].split()
        if kind == "cgroup2":
            found.append(Path(place + ours[""]))
        elif kind == "cgroup" and "name=systemd" in options.split(","):
            found.append(Path(place + ours["name=systemd"]))
    return found
