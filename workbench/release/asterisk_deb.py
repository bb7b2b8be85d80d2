"""Asterisk 22 for Debian 13: Debian 14's source package, rebuilt in a new root file system of Debian 13.

Builds it, and keeps what was built in a cache keyed by the version: the archive keeps only the newest.
"""

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from workbench.parts import debian
from workbench.setup.progress import ending, follow

SUITE = "trixie"
SOURCE_SUITE = "forky"  # the first Debian release with Asterisk 22
NEEDED = 22
WANTED = ("asterisk", "asterisk-config", "asterisk-dahdi", "asterisk-modules")
PATIENCE = 3600
GENTLY = ("nice", "-n", "19", "ionice", "-c3")

# debhelper 14 came with Debian 14; its source builds as well with that of 13.
BUILD = """\
set -e
cd /root
echo == fetching the source
apt-get -q update
apt-get -q source --only-source asterisk
cd asterisk-*/
sed -i 's/debhelper-compat (= 14)/debhelper-compat (= 13)/' debian/control
export DEB_BUILD_PROFILES=nodoc DEB_BUILD_OPTIONS="nocheck noddebs parallel=$(nproc)"
echo == installing what the build needs
apt-get -q -y --no-install-recommends build-dep .
echo == compiling
dpkg-buildpackage --unsigned-source --unsigned-changes --build=binary
echo == taking the packages out
mkdir /root/built
mv ../*.deb /root/built/
"""

Report = Callable[[str], None]


def asterisk_debs(report: Report = debian.say) -> Path:
    """The directory with Asterisk's packages for the node, built at most once a version.

    Where the mirror does not answer, or its newest does not build, those built last. Raises DebianError.
    """
    try:
        version = newest_version()
        place = cache() / version
        return place if (place / debian.DONE).exists() else _built(version, place, report)
    except debian.DebianError as error:
        kept = built_last()
        if kept is None:
            raise
        report(f"going on with Asterisk {kept.name}, built before: {error}")
        return kept


def built_last() -> Path | None:
    """The packages that were built last, if any."""
    done = [path for path in cache().iterdir() if (path / debian.DONE).exists()]
    return max(done, key=lambda path: (path / debian.DONE).stat().st_mtime, default=None)


def _built(version: str, place: Path, report: Report) -> Path:
    log = cache() / f"{version}.log"
    report(f"building Asterisk {version} for Debian {SUITE}, once, 10 minutes and more; its log is {log}")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=cache()) as scratch:
        built = Path(scratch) / "built"
        built.mkdir()
        _build(built, log, f"Asterisk {version}", report)
        for package in built.glob("*.deb"):
            if package.name.split("_")[0] not in WANTED:
                package.unlink()
        if missing := set(WANTED) - {path.name.split("_")[0] for path in built.glob("*.deb")}:
            raise debian.DebianError(f"the build of Asterisk {version} gave no {', '.join(sorted(missing))}")
        (built / debian.DONE).touch()
        shutil.rmtree(place, ignore_errors=True)
        built.rename(place)
    return place


def cache() -> Path:
    """Where built packages are kept."""
    place = debian.cache_root().with_name("asterisk")
    place.mkdir(parents=True, exist_ok=True)
    return place


def newest_version() -> str:
    """Asterisk's version in the source's release. Raises DebianError where it is too old."""
    with tempfile.TemporaryDirectory() as scratch:
        apt = debian.Apt(Path(scratch), SOURCE_SUITE, debian.mirror())
        apt.update()
        names = [deb.name for deb in apt.resolve(["asterisk"])]
    found = [re.fullmatch(r"asterisk_(.+)_[a-z0-9]+\.deb", name) for name in names]
    version = next((match[1].replace("%3a", "-") for match in found if match), "")
    number = re.match(r"(?:\d+-)?(\d+)", version)
    if not number or int(number[1]) < NEEDED:
        raise debian.DebianError(f"Debian {SOURCE_SUITE} has Asterisk {version or 'no more'}: 22 is needed")
    return version


def apt_options() -> list[str]:
    """For mmdebstrap: how this machine reaches its mirror."""
    settings = Path("/etc/apt/apt.conf.d").glob("*")
    return [f"--aptopt={path}" for path in sorted(settings) if "Acquire" in path.read_text()]


def _build(target: Path, log: Path, what: str, report: Report) -> None:
    """Mmdebstrap makes the root file system, runs the build in it as hooks and throws it away."""
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        raise debian.DebianError(
            "Asterisk is built in a root file system: be root, with mmdebstrap installed"
        )
    source = f"deb-src [check-valid-until=no] {debian.mirror()} {SOURCE_SUITE} main"
    hooks = [
        f"echo {shlex.quote(source)} > $1/etc/apt/sources.list.d/source.list",
        f"chroot $1 sh -c {shlex.quote(BUILD)}",
        f"copy-out /root/built {shlex.quote(str(target.parent))}",
    ]
    command = [*GENTLY, "mmdebstrap", "--variant=buildd", *apt_options()]
    command += [f"--customize-hook={hook}" for hook in hooks]
    command += ["--skip=cleanup", "--format=null", SUITE, "/dev/null", debian.mirror()]
    if follow(command, log, what, patience=PATIENCE, report=report):
        raise debian.DebianError(f"{what} could not be built:\n{ending(log)}")
