"""A bare Debian 13 server as its installer leaves it: a system that boots, sshd, Python, one ssh key.

Owns that file system in the cache. Refuses anything of the product: that is what the playbooks are for.
"""

import hashlib
import shutil
import subprocess
import time
from pathlib import Path

from workbench import debian
from workbench.depot.asterisk_deb import GENTLY, SUITE, apt_options

INCLUDED = ("dbus", "openssh-server", "python3", "systemd-sysv")
FRESH_SECONDS = 7 * 24 * 3600.0


def cache() -> Path:
    """Where the lab keeps what it makes: root's only, as it holds keys."""
    place = debian.cache_root().with_name("lab")
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700)
    return place


def bare_root() -> Path:
    """The directory of the file system, made at most once a week. Raises DebianError."""
    key = hashlib.sha256("\n".join(INCLUDED).encode()).hexdigest()[:8]
    root = cache() / f"bare-{SUITE}-{key}"
    done = root.with_suffix(".complete")
    if done.exists() and time.time() - done.stat().st_mtime < FRESH_SECONDS:
        return root
    if shutil.which("mmdebstrap") is None:
        raise debian.DebianError("mmdebstrap is missing: apt-get install mmdebstrap")
    debian.say(f"making a bare Debian {SUITE}")
    shutil.rmtree(root, ignore_errors=True)
    command = [*GENTLY, "mmdebstrap", "--quiet", "--variant=important", *apt_options()]
    command += [f"--include={','.join(INCLUDED)}", SUITE, str(root), debian.mirror()]
    made = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if made.returncode:
        raise debian.DebianError(f"mmdebstrap failed:\n{made.stderr[-2000:]}")
    _forget_the_mirror(root)
    done.touch()
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
