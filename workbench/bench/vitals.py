"""What a process uses, as the kernel tells: processor time, memory, files, threads."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
STEAL_FIELD = 8
CPU_FIELDS = slice(11, 13)  # user and system time, proc_pid_stat(5), counted behind the name


@dataclass(frozen=True)
class Vitals:
    """cpu_s: seconds of one core since its start; resident_mb: MB now; files: open now."""

    cpu_s: float
    resident_mb: float
    files: int
    threads: int


def stolen() -> float:
    """Seconds of processor time that a virtual machine's host gave to others, of all cores; proc_stat(5)."""
    total = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(total[STEAL_FIELD]) / TICKS


def waited() -> float:
    """Seconds since the machine's start in which something waited for a processor (kernel, psi)."""
    words = Path("/proc/pressure/cpu").read_text().split("\n", 1)[0]
    return int(words.rpartition("total=")[2]) / 1e6


def vitals(pid: int) -> Vitals:
    """Of a living process of ours. Raises FileNotFoundError when it is gone."""
    home = Path(f"/proc/{pid}")
    # the name, in parentheses, may hold anything
    words = (home / "stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in (home / "status").read_text().splitlines() if ":" in line)
    return Vitals(
        sum(map(int, words[CPU_FIELDS])) / TICKS,
        int(status.get("VmRSS", "0").split()[0]) / 1024,  # one that has just ended has none
        len(list((home / "fd").iterdir())),
        int(status.get("Threads", "0")),
    )
