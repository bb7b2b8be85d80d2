"""`python -m workbench.setup.environment LOCK PLACE`: the Python packages of a lock, in an environment of its
own.

Called by the Makefile with the machine's own Python, so it needs nothing else. PLACE is marked as ready when
it is whole: a set-up that was interrupted is begun again.
"""

import shutil
import sys
import venv
from pathlib import Path

from workbench.setup import needs
from workbench.setup.progress import ending, follow

PATIENCE = 1800.0


def set_up(lock: Path, place: Path) -> None:
    """Ends with a sentence where it cannot."""
    if sentence := needs.lacks("environment"):
        sys.exit(sentence.replace("make environment", "setting up Python packages"))
    log = place.with_suffix(".log")
    print(f"setting up Python packages ({lock}), once; the log is {log}", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=True, symlinks=True)
    pip = [str(place / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command = [*pip, "install", "--progress-bar=off", "--require-hashes", "-r", str(lock)]
    if follow(command, log, str(lock), patience=PATIENCE):
        shutil.rmtree(place, ignore_errors=True)
        sys.exit(f"pip could not install {lock}:\n{ending(log)}\nCheck the network, and pip's settings.")


def main() -> None:
    """`argv`: the lock, the directory. Marks it as done."""
    lock, place = map(Path, sys.argv[1:3])
    try:
        set_up(lock, place)
    except KeyboardInterrupt:
        shutil.rmtree(place, ignore_errors=True)
        sys.exit("interrupted; the next run sets the packages up anew")
    (place / "ready").touch()


if __name__ == "__main__":
    main()
