"""Debian packages unpacked into the user's cache: the real parts, without root and without installing.

It chooses the mirror and the suite, keeps private apt directories, and unpacks the trees into the cache. No
unsigned archive is taken: the Release signature is always checked, with the machine's own Debian keyring.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FRESH_SECONDS = 7 * 24 * 3600.0
DROPPED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian")
KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")
MIRROR_VARIABLE = "USN_DEBIAN_MIRROR"
DONE = ".complete"

Report = Callable[[str], None]


class DebianError(Exception):
    """A tree could not be had; the text says what to do."""


@dataclass(frozen=True)
class Deb:
    """One package file apt resolved: its name in the archive and its size in bytes."""

    name: str
    size: int


def cache_root() -> Path:
    """`$XDG_CACHE_HOME` or `~/.cache`, then `usn/debian`.

    For root `/var/cache`: PostgreSQL refuses root and could not read root's own cache as another user.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "usn" / "debian"
    if os.geteuid() == 0:
        return Path("/var/cache/usn/debian")
    return Path.home() / ".cache" / "usn" / "debian"


def host_suite() -> str:
    """The host's own release, for example `bookworm`. Raises DebianError where it is not Debian."""
    release = platform.freedesktop_os_release()
    if release.get("ID") != "debian" or not release.get("VERSION_CODENAME"):
        raise DebianError("this is not a Debian release: run on Debian 12 or 13")
    return release["VERSION_CODENAME"]


def mirror_in(print_uris: str, codename: str) -> str | None:
    """The archive's address in what `apt-get update --print-uris` says, for the release `codename` itself.

    Its security and updates suites have other names, third parties other hosts without this suite.
    """
    found = re.search(rf"^'(\S+?)/*/dists/{re.escape(codename)}/InRelease'", print_uris, re.MULTILINE)
    return found[1] if found else None


def debs_in(print_uris: str) -> list[Deb]:
    """The package files in what `apt-get install --print-uris` says."""
    return [
        Deb(name, int(size))
        for name, size in re.findall(r"^'\S+' (\S+\.deb) (\d+)", print_uris, re.MULTILINE)
    ]


def mirror() -> str:
    """The Debian archive this machine already uses; `USN_DEBIAN_MIRROR` overrides it."""
    given = os.environ.get(MIRROR_VARIABLE)
    if given:
        return given.rstrip("/")
    with tempfile.TemporaryDirectory() as state:
        uris = _output(["apt-get", "-o", f"Dir::State={state}", "update", "--print-uris"], {})
    found = mirror_in(uris, host_suite())
    if found is None:
        raise DebianError(
            f"apt knows no archive of {host_suite()} here: set {MIRROR_VARIABLE} to a Debian mirror"
        )
    return found


def say(text: str) -> None:
    """Progress on the terminal; on one line where it is one."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="" if text.startswith("  ") else "\n", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)


def tree(
    suite: str,
    packages: Sequence[str],
    *,
    skip: Sequence[str] = (),
    report: Report = say,
    clock: Callable[[], float] = time.time,
) -> Path:
    """The directory with `packages` of `suite` and all they depend on, downloaded only when it must be.

    `skip`: how the file names start of packages not to unpack; the host has them or nothing needs them.
    A tree checked less than 7 days ago is used without asking the mirror; an older one is used when the
    mirror does not answer. Safe against concurrent runs. Raises DebianError with what to do.
    """
    request = hashlib.sha256("\n".join([suite, *sorted(packages), *skip, *DROPPED]).encode()).hexdigest()[:10]
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root / f"{suite}-{request}.lock", report):
        kept = _newest(root, f"{suite}-{request}-*")
        if kept and clock() - (kept / DONE).stat().st_mtime < FRESH_SECONDS:
            return kept
        try:
            return _refresh(root / f"{suite}-{request}", suite, packages, skip, report)
        except DebianError as error:
            if kept is None:
                raise
            report(
                f"{packages[0]} of {suite}: the mirror does not answer, going on with {kept.name} ({error})"
            )
            return kept


def libraries(root: Path) -> dict[str, str]:
    """What a program of an unpacked tree needs in its environment to find the tree's shared libraries.

    Debian 12 has some in `lib`, Debian 13 all in `usr/lib`; some have a directory of their own below.
    """
    places = sorted({str(path.parent) for path in root.glob("**/*-linux-gnu/**/lib*.so*")})
    return {"LD_LIBRARY_PATH": ":".join(places)}


def loader(root: Path) -> list[str]:
    """The command words that run a program of an unpacked tree with the tree's own C library.

    Raises DebianError.
    """
    programs = sorted(root.glob("usr/lib/**/ld-linux-*.so.*"))
    if not programs:
        raise DebianError(f"no loader in {root.name}: remove it from the cache and fetch it again")
    return [str(programs[0]), "--library-path", str(programs[0].parent)]


def _newest(root: Path, pattern: str) -> Path | None:
    done = [path for path in root.glob(pattern) if (path / DONE).exists()]
    return max(done, key=lambda path: (path / DONE).stat().st_mtime, default=None)


def _refresh(stem: Path, suite: str, packages: Sequence[str], skip: Sequence[str], report: Report) -> Path:
    with tempfile.TemporaryDirectory(prefix=f".{stem.name}-", dir=stem.parent) as scratch:
        apt = Apt(Path(scratch), suite, mirror())
        report(f"{packages[0]} of Debian {suite}: asking the mirror")
        apt.update()
        debs = apt.resolve(packages)
        names = "\n".join(sorted(deb.name for deb in debs))
        target = stem.with_name(f"{stem.name}-{hashlib.sha256(names.encode()).hexdigest()[:10]}")
        if (target / DONE).exists():
            (target / DONE).touch()
            return target
        apt.download(packages, debs, report)
        wanted = [deb for deb in debs if not deb.name.startswith(tuple(skip))]
        unpacked = _unpack(Path(scratch), wanted, report)
        (unpacked / DONE).write_text(names + "\n")
        shutil.rmtree(target, ignore_errors=True)
        unpacked.rename(target)
        report(f"{packages[0]} of Debian {suite}: ready")
        return target


def _unpack(scratch: Path, debs: Sequence[Deb], report: Report) -> Path:
    root = scratch / "root"
    root.mkdir(mode=0o755)
    for number, deb in enumerate(debs, 1):
        archive = scratch / "cache" / "archives" / deb.name
        _output(["dpkg-deb", "-x", str(archive), str(root)], {})
        archive.unlink()
        if number % 50 == 0 or sys.stderr.isatty():
            report(f"  unpacked {number} of {len(debs)}")
    for unwanted in DROPPED:
        shutil.rmtree(root / unwanted, ignore_errors=True)
    root.chmod(0o755)  # a package ships its own mode for the root directory
    return root


class Apt:
    """apt with private directories: one suite of one mirror, nothing installed, no hooks of the machine.

    The machine's own settings of how to reach a mirror (proxies, certificates, credentials) stay in force.
    """

    def __init__(
        self, scratch: Path, suite: str, mirror_address: str, more_sources: Sequence[str] = ()
    ) -> None:
        """`scratch`: an empty directory of our own; `more_sources`: lines of a sources.list."""
        self._scratch = scratch
        self._suite = suite
        keys = [Path("/usr/share/keyrings") / name for name in KEYRINGS]
        keyring = next((str(key) for key in keys if key.exists()), None)
        if keyring is None:
            raise DebianError("no Debian keyring in /usr/share/keyrings: install debian-archive-keyring")
        for part in ("state/lists/partial", "cache/archives/partial", "conf", "none"):
            (scratch / part).mkdir(parents=True)
        # The Release file of a suite in the making may be past its date; its signature is still checked.
        source = f"deb [check-valid-until=no signed-by={keyring}] {mirror_address} {suite} main\n"
        (scratch / "sources.list").write_text(source + "".join(more_sources))
        (scratch / "status").touch()
        for setting in Path("/etc/apt/apt.conf.d").glob("*"):
            (scratch / "conf" / setting.name).symlink_to(setting)
        # The machine's hooks would tidy its own archives and indices, not ours.
        (scratch / "conf" / "zz-workbench").write_text("#clear APT::Update;\n#clear DPkg;\n")
        (scratch / "apt.conf").write_text(self._settings())

    def _settings(self) -> str:
        at = self._scratch
        values = {
            "Dir::State": at / "state",
            "Dir::State::status": at / "status",
            "Dir::Cache": at / "cache",
            "Dir::Etc::parts": at / "conf",
            "Dir::Etc::sourcelist": at / "sources.list",
            "Dir::Etc::sourceparts": at / "none",
            "Dir::Etc::preferences": at / "none" / "preferences",
            "Dir::Etc::preferencesparts": at / "none",
            "APT::Sandbox::User": "root",  # root's cache is closed to apt's own user; others ignore it
            "APT::Install-Recommends": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": 3,
            "Acquire::http::Timeout": 20,
            "Acquire::https::Timeout": 20,
        }
        return "".join(f'{name} "{value}";\n' for name, value in values.items())

    def _run(self, *arguments: str) -> str:
        return _output(["apt-get", "-q", *arguments], {"APT_CONFIG": str(self._scratch / "apt.conf")})

    def update(self) -> None:
        """Raises DebianError where any index failed; apt alone would only warn."""
        self._run("-o", "APT::Update::Error-Mode=any", "update")

    def resolve(self, packages: Sequence[str]) -> list[Deb]:
        """All package files needed, dependencies first or last as apt has it."""
        return debs_in(self._run("install", "--print-uris", "-y", *packages))

    def download(self, packages: Sequence[str], debs: Sequence[Deb], report: Report) -> None:
        """Fetches them into the private cache and reports `package n of m, MB`."""
        archives = self._scratch / "cache" / "archives"
        total = sum(deb.size for deb in debs) / 1e6
        environment = {**os.environ, "LC_ALL": "C", "APT_CONFIG": str(self._scratch / "apt.conf")}
        command = ["apt-get", "-q", "install", "-y", "--download-only", *packages]
        pause = 0.5 if sys.stderr.isatty() else 5.0
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
            )
            try:
                while process.poll() is None:
                    here = list(archives.glob("*.deb"))
                    done = sum(path.stat().st_size for path in here) / 1e6
                    report(f"  package {len(here)} of {len(debs)}, {done:.0f} of {total:.0f} MB")
                    _wait(process, pause)
            finally:
                process.kill()
                process.wait()
            if process.returncode:
                output.seek(0)
                raise DebianError(_advice(command, output.read()))


def _wait(process: "subprocess.Popen[str] | subprocess.Popen[bytes]", seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


@contextmanager
def _locked(path: Path, report: Report) -> Iterator[None]:
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another run fetches the same packages: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _output(command: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise DebianError(f"{command[0]} is missing: this needs Debian 12 or 13") from error
    if done.returncode:
        raise DebianError(_advice(command, done.stderr or done.stdout))
    return done.stdout


def _advice(command: Sequence[str], output: str) -> str:
    last = "\n".join(output.strip().splitlines()[-4:])
    return (
        f"{command[0]} failed:\n{last}\n"
        f"Check the network and the disk, or set {MIRROR_VARIABLE} to a Debian mirror you can reach."
    )
