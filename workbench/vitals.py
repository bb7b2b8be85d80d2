"""What a process uses, as the kernel tells: processor time, memory, files, threads."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CPU_FIELDS = slice(11, 13)  # user and system time, proc_pid_stat(5), counted behind the name


@dataclass(frozen=True)
class Vitals:
    """cpu_s: seconds of one core since its start; resident_mb: MB now; files: open now."""

    cpu_s: float
    resident_mb: float
    files: int
    threads: int


def vitals(pid: int) -> Vitals:
    """Of a living process of ours. Raises FileNotFoundError when it is gone."""
    home = Path(f"/proc/{pid}")
    # the name, in parentheses, may hold anything
    words = (home / "stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in (home / "status").read_text().splitlines() if ":" in line)
    return Vitals(
        sum(map(int, words[CPU_FIELDS])) / TICKS,
        int(status["VmRSS"].split()[0]) / 1024,
        len(list((home / "fd").iterdir())),
        int(status["Threads"]),
    )
