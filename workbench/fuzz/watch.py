"""What the processes behind an attack show: memory, ids, what their logs say, what the site opens.

Called by provisioning.py. It judges nothing but what must never be in a log or a trace.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from workbench.bench.vitals import vitals

STRACE = ("strace", "-f", "-D", "-qq", "-e", "trace=open,openat,connect", "-e", "signal=none")
OWN = (Path.home() / ".pgpass", Path("/proc/sys/vm/overcommit_memory"))
"""What libraries open now and then: libpq with each connection, malloc when it gives memory back."""
_SERVER_ERROR = 500
_STATUS = re.compile(r'" (\d{3}) \d+ ')
_OPENED = re.compile(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)"')
_CONNECTED = re.compile(r"connect\(\d+, \{(.*?)\}")
_SUN_PATH = re.compile(r'sun_path="([^"]*)"')


def resident_mb(pids: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Of each, all its processes together. Raises FileNotFoundError where one is gone."""
    return {name: round(sum(vitals(pid).resident_mb for pid in of), 1) for name, of in pids.items()}


def statuses(access_log: Iterable[str]) -> Counter[int]:
    """Of all requests, as nginx logged them."""
    return Counter(int(found[1]) for line in access_log if (found := _STATUS.search(line)))


def server_errors(found: Mapping[int, int]) -> dict[int, int]:
    """Those that are a server's fault."""
    return {status: count for status, count in found.items() if status >= _SERVER_ERROR}


def traces_in(logs: Iterable[Path]) -> list[str]:
    """Lines that show a fault of ours: a stack trace, or that a process of nginx died."""
    signs = ("Traceback", "unforeseen error", "[alert]", "[emerg]", "exited on signal", "Segmentation fault")
    return [
        f"{log.name}: {line[:300]}"
        for log in logs
        for line in log.read_text(errors="replace").splitlines()
        if any(sign in line for sign in signs)
    ]


def foreign(trace: str, allowed: Sequence[Path]) -> Counter[str]:
    """What the site opened or connected to that is none of its own files and sockets."""
    found = Counter[str]()
    for line in trace.splitlines():
        opened, connected = _OPENED.search(line), _CONNECTED.search(line)
        if opened is not None and not _is_within(opened[1], allowed):
            found[f"opened {opened[1]}"] += 1
        if connected is not None:
            path = _SUN_PATH.search(connected[1])
            if path is None or not _is_within(path[1], allowed):
                found[f"connected to {connected[1]}"] += 1
    return found


def _is_within(path: str, allowed: Sequence[Path]) -> bool:
    return any(Path(path).is_relative_to(one) for one in allowed)
