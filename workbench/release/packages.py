"""Debian's packages for a node, with everything they depend on, as a local package repository in one file.

The list of what a node is made of is here. The file appears only when it is whole.
"""

import hashlib
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.parts import debian
from workbench.release.asterisk_deb import SOURCE_SUITE, SUITE, asterisk_debs

# What the roles install; the bare node brings only a system that boots, sshd and Python.
PACKAGES = (
    "acl",
    "arping",
    "asterisk",
    "asterisk-core-sounds-en-gsm",
    "ca-certificates",
    "chrony",
    "dbus",
    "fence-agents-ipmilan",
    "fence-agents-redfish",
    "fontconfig",
    "fonts-dejavu-core",
    "fonts-droid-fallback",
    "iproute2",
    "ipmitool",
    "keepalived",
    "libharfbuzz-subset0",
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "logrotate",
    "nftables",
    "nginx",
    "openssh-server",
    "postgresql",
    "python3-apt",
    "python3-psycopg2",
    "python3-venv",
    "rsync",
    "sudo",
    "tzdata",
)
FRESH_SECONDS = 7 * 24 * 3600.0
Report = Callable[[str], None]


def packages_file(report: Report = debian.say, clock: Callable[[], float] = time.time) -> Path:
    """The tar file with the repository, made at most once a week. Raises DebianError.

    Where the mirror does not answer, that of an earlier week.
    """
    asterisk = asterisk_debs(report)
    key = hashlib.sha256("\n".join([asterisk.name, *PACKAGES]).encode()).hexdigest()[:10]
    target = debian.cache_root().with_name("depot") / f"packages-{key}.tar"
    if target.exists() and clock() - target.stat().st_mtime < FRESH_SECONDS:
        return target
    try:
        _make(target, asterisk, report)
    except debian.DebianError as error:
        if not target.exists():
            raise
        report(f"going on with the packages of an earlier week, {target.name}: {error}")
    return target


def _make(target: Path, asterisk: Path, report: Report) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".packages-", dir=target.parent) as scratch:
        repository = Path(scratch) / "repository"
        repository.mkdir()
        _fill(repository, Path(scratch), asterisk, report)
        partial = Path(scratch) / target.name
        with tarfile.open(partial, "w") as tar:
            tar.add(repository, ".")
        partial.rename(target)


def _fill(repository: Path, scratch: Path, asterisk: Path, report: Report) -> None:
    ours = scratch / "ours"
    ours.mkdir()
    for package in asterisk.glob("*.deb"):
        (ours / package.name).hardlink_to(package)
    # The sounds are recordings: any release's packages do, and Debian 13 has none.
    _download(scratch / "sounds", SOURCE_SUITE, ["asterisk-core-sounds-en-gsm"], (), ours, report)
    (ours / "Packages").write_text(index(ours))
    local = f"deb [trusted=yes] file:{ours} ./\n"
    _download(scratch / "rest", SUITE, PACKAGES, (local,), repository, report)
    for package in ours.glob("*.deb"):
        package.replace(repository / package.name)
    (repository / "Packages").write_text(index(repository))


def _download(
    scratch: Path, suite: str, packages: Sequence[str], sources: Sequence[str], into: Path, report: Report
) -> None:
    scratch.mkdir()
    apt = debian.Apt(scratch, suite, debian.mirror(), sources)
    report(f"{packages[0]} and {len(packages) - 1} more of Debian {suite}: asking the mirror")
    apt.update()
    apt.download(packages, apt.resolve(packages), report)
    for package in (scratch / "cache" / "archives").glob("*.deb"):
        package.replace(into / package.name)


def index(directory: Path) -> str:
    """The `Packages` file of a flat repository: what each package says of itself, its size and hash."""
    return "\n".join(_entry(package) for package in sorted(directory.glob("*.deb")))


def _entry(package: Path) -> str:
    done = subprocess.run(["dpkg-deb", "-f", str(package)], check=True, capture_output=True, text=True)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    place = f"Filename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n"
    return done.stdout + place
