"""A bare Debian 13 server as its installer leaves it: a system that boots, sshd, Python, one ssh key.

Keeps that file system in the cache, for the lab and for the emulated machines. Nothing of the product is in
it: that is what the playbooks are for.
"""

import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from workbench.parts import debian
from workbench.release.asterisk_deb import GENTLY, SUITE, apt_options
from workbench.setup.progress import ending, follow

INCLUDED = ("dbus", "openssh-server", "python3", "systemd-sysv")
FRESH_SECONDS = 7 * 24 * 3600.0
PATIENCE = 1800.0
Report = Callable[[str], None]


def cache() -> Path:
    """Where the lab keeps what it makes: root's only, as it holds keys."""
    place = debian.cache_root().with_name("lab")
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700)
    return place


def bare_root(report: Report = debian.say, clock: Callable[[], float] = time.time) -> Path:
    """The directory of the file system, asked for anew at most once a week. Raises DebianError.

    Its name changes with the packages in it: what was made on one is never laid over another. Where the
    mirror does not answer, that of an earlier week.
    """
    stem = f"bare-{SUITE}-{hashlib.sha256(chr(10).join(INCLUDED).encode()).hexdigest()[:8]}"
    kept = _newest(stem)
    if kept and clock() - _mark(kept).stat().st_mtime < FRESH_SECONDS:
        return kept
    try:
        return _make(stem, report)
    except debian.DebianError as error:
        if kept is None:
            raise
        report(f"going on with the bare system of an earlier week, {kept.name}: {error}")
        return kept


def _mark(root: Path) -> Path:
    return root.with_name(f"{root.name}.complete")


def _newest(stem: str) -> Path | None:
    done = [path.with_suffix("") for path in cache().glob(f"{stem}-*.complete")]
    return max(done, key=lambda path: _mark(path).stat().st_mtime, default=None)


def _make(stem: str, report: Report) -> Path:
    if shutil.which("mmdebstrap") is None:
        raise debian.DebianError("mmdebstrap is missing: apt-get install mmdebstrap")
    log = cache() / f"{stem}.log"
    report(f"making a bare Debian {SUITE}; the log is {log}")
    with tempfile.TemporaryDirectory(prefix=".bare-", dir=cache()) as scratch:
        made = Path(scratch) / "root"
        command = [*GENTLY, "mmdebstrap", "--variant=important", *apt_options()]
        command += [f"--include={','.join(INCLUDED)}", SUITE, str(made), debian.mirror()]
        if follow(command, log, f"bare Debian {SUITE}", patience=PATIENCE, report=report):
            raise debian.DebianError(f"mmdebstrap failed:\n{ending(log)}")
        _forget_the_mirror(made)
        packages = hashlib.sha256((made / "var/lib/dpkg/status").read_bytes()).hexdigest()[:10]
        root = cache() / f"{stem}-{packages}"
        if not _mark(root).exists():
            shutil.rmtree(root, ignore_errors=True)
            made.rename(root)
    _mark(root).touch()
    return root


def _forget_the_mirror(root: Path) -> None:
    """A node has no way to it, and nothing of this machine's own settings."""
    for name in ("sources.list", "apt.conf.d/99mmdebstrap"):
        (root / "etc/apt" / name).unlink(missing_ok=True)
    for name in ("resolv.conf", "hostname", "machine-id"):
        (root / "etc" / name).write_text("")


def key_pair() -> Path:
    """The private ssh key of the lab's control machine; its public one is beside it."""
    key = cache() / "ssh-key"
    if not key.exists():
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(key)], check=True
        )
    return key
