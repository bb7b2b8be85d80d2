"""Has delivered files checked by awk, sha256sum and sqlite3: by check.sh, and by none of usnd's code.

month.py and kills.py ask it. Its answers are counts by name: archive.sql has those of any files, month.sql
those of a month beside the switch's own log.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.parts import debian
from workbench.parts.process import PartError

HERE = Path(__file__).parent
ARCHIVE, MONTH = HERE / "archive.sql", HERE / "month.sql"
_PATIENCE = 1800.0


def sqlite3_program() -> tuple[str, Mapping[str, str]]:
    """The command of SQLite and its environment: the machine's, else unpacked. Raises DebianError."""
    installed = shutil.which("sqlite3")
    if installed is not None:
        return installed, {}
    tree = debian.tree(debian.host_suite(), ["sqlite3"], skip=("libc6_",))
    return str(tree / "usr/bin/sqlite3"), debian.libraries(tree)


def check(
    files: Path, work: Path, queries: Sequence[Path], *, records: int = 0, zone: str = "UTC"
) -> dict[str, int]:
    """What the queries count. records: so many there are to be; 0: as the highest number says.

    Raises PartError with what a program said.
    """
    work.mkdir(exist_ok=True)
    program, environment = sqlite3_program()
    words = [str(HERE / "check.sh"), str(files), str(work), str(records), program, *map(str, queries)]
    done = subprocess.run(
        ["sh", *words],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
        env={**os.environ, **environment, "TZ": zone, "LC_ALL": "C"},
    )
    if done.returncode or done.stderr:
        raise PartError(f"the checker failed:\n{done.stderr}")
    return counts(done.stdout)


def counts(printed: str) -> dict[str, int]:
    """Of lines as `records_missing|0`."""
    pairs = (line.rsplit("|", 1) for line in printed.splitlines())
    return {name: int(value) for name, value in pairs}


def same(one: Path, other: Path) -> bool:
    """Whether two directories hold the same names with the same octets, by diff."""
    command = ["diff", "--recursive", "--brief", str(one), str(other)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
