"""The repository on a fresh Debian: a new root file system, a clone, one make target as the first thing.

    python -m workbench.setup.fresh_root trixie . test

For maintainers, as root, with mmdebstrap. The file system is made for one run and removed after it; a bare
one is kept in a cache. An ordinary user runs the target, or root where it needs root; the packages it needs
are installed, or none of them with --bare. Copies from this machine how it reaches its mirrors and
registries: files and variables.
"""

import argparse
import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from workbench.parts import debian
from workbench.parts.control_groups import control_groups
from workbench.parts.process import private_directory
from workbench.setup import needs
from workbench.setup.progress import ending, follow

PACKAGES = ("ca-certificates", "git", "make", "python3-venv")
USER = "tester"
WEEK = 7 * 24 * 3600.0
CARRIED_FILES = (
    "etc/apt/auth.conf",
    "etc/apt/auth.conf.d",
    "etc/hosts",
    "etc/npmrc",
    "etc/pip.conf",
    "etc/resolv.conf",
    "usr/local/share/ca-certificates",
)
CARRIED_HOME = (".config/pip", ".npmrc", ".pip")
CARRIED_VARIABLES = re.compile(
    r"(PIP|NPM_CONFIG|UV)_|.*(_proxy$|CERT|CA_INFO|CAINFO|CA_BUNDLE)", re.IGNORECASE
)


def bare_system(suite: str, packages: Sequence[str]) -> Path:
    """A tarball of the suite with nothing but these packages, made at most once a week."""
    key = hashlib.sha256("\n".join(packages).encode()).hexdigest()[:10]
    tarball = debian.cache_root().with_name("fresh") / f"{suite}-{key}.tar"
    if tarball.exists() and time.time() - tarball.stat().st_mtime < WEEK:
        return tarball
    tarball.parent.mkdir(parents=True, exist_ok=True)
    partial = tarball.with_suffix(".partial.tar")
    settings = [str(path) for path in Path("/etc/apt/apt.conf.d").glob("*") if "Acquire" in path.read_text()]
    options = [f"--aptopt={path}" for path in settings]
    command = ["mmdebstrap", "--variant=minbase", f"--include={','.join(packages)}", *options]
    log = tarball.with_suffix(".log")
    if follow([*command, suite, str(partial), debian.mirror()], log, f"bare {suite}"):
        raise debian.DebianError(f"mmdebstrap failed:\n{ending(log)}")
    partial.rename(tarball)
    return tarball


def carry_over(root: Path, home: Path) -> dict[str, str]:
    """Copies the machine's settings into the new system; gives the variables that mean something there."""
    pairs = [(Path("/") / name, root / name) for name in CARRIED_FILES]
    pairs += [(Path.home() / name, home / name) for name in CARRIED_HOME]
    for source, target in pairs:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            shutil.copyfile(source, target)
    subprocess.run(["chroot", root, "update-ca-certificates"], check=True, capture_output=True)

    def meant(value: str) -> bool:
        return not value.startswith("/") or (root / value.lstrip("/")).exists()

    return {
        name: value for name, value in os.environ.items() if CARRIED_VARIABLES.match(name) and meant(value)
    }


def prepare(root: Path, tarball: Path, repository: Path, user: str) -> dict[str, str]:
    """Unpacks the bare system, adds the user and the repository; gives the user's environment."""
    subprocess.run(["tar", "-xf", tarball, "-C", root, "--exclude=./dev/*"], check=True)
    home = Path("/root") if user == "root" else Path("/home") / user
    if user != "root":
        subprocess.run(["chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", user], check=True)
    inside = root / home.relative_to("/")
    environment = carry_over(root, inside)
    bundle = ["bundle", "create", "--quiet", str(inside / "repository"), "HEAD"]
    subprocess.run(["git", "-C", str(repository), *bundle], check=True)
    subprocess.run(["chroot", root, "chown", "-R", f"{user}:", str(home)], check=True)
    path = "/usr/sbin:/usr/bin:/sbin:/bin" if user == "root" else "/usr/bin:/bin"
    return {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", **environment}


def script(root: Path, environment: dict[str, str], words: Sequence[str], user: str) -> str:
    """What runs in the new mount and process namespaces: nothing it mounts is seen outside.

    The new system is the root there, not only a chroot: systemd-nspawn can boot servers in it.
    """
    variables = shlex.join(f"{name}={value}" for name, value in environment.items())
    clone = "git -c advice.detachedHead=false -c init.defaultBranch=main clone --quiet repository usn"
    work = f"cd && {clone} && cd usn && exec make {shlex.join(words)}"
    enter = f"chroot --userspec={user}:{user} . /usr/bin/env -i {variables} /bin/bash -c {shlex.quote(work)}"
    return "\n".join(
        [
            f"set -e; mount --bind {shlex.quote(str(root))} {shlex.quote(str(root))}",
            f"cd {shlex.quote(str(root))}",
            "mount -t proc proc proc",
            "mount --rbind /dev dev",
            "mount --rbind /sys sys",
            *(f"mount -t tmpfs -o mode=1777 tmpfs {place}" for place in ("dev/shm", "tmp")),
            "mount -t tmpfs -o mode=755 tmpfs run",
            "pivot_root . mnt; umount -l mnt",
            f"exec {enter}",
        ]
    )


def trial(given: argparse.Namespace, log: Path) -> int:
    """The exit status of the target; 124 when it took more than the patience."""
    target = given.target[0]
    needed = needs.NEEDS.get(target, needs.NOTHING)
    user = "root" if needed.root else USER
    packages = PACKAGES if given.bare else (*PACKAGES, *sorted(set(needed.programs.values()) - set(PACKAGES)))
    root = private_directory("usn-fresh-")
    groups = [place / root.name for place in control_groups()]
    root.chmod(0o755)
    try:
        environment = prepare(root, bare_system(given.suite, packages), given.repository, user)
        # Control groups of its own: a lab in it and one outside would remove each other's services.
        apart = [f"mkdir -p {group}; echo $$ > {group}/cgroup.procs" for group in groups]
        inner = shlex.quote(script(root, environment, given.target, user))
        spaces = "exec unshare --mount --pid --fork --kill-child sh -c"
        work = ["sh", "-c", "\n".join([*apart, f"{spaces} {inner}"])]
        return follow(work, log, f"make {target} on {given.suite}", patience=given.patience)
    finally:
        _remove(root, groups)


def _remove(root: Path, groups: Sequence[Path]) -> None:
    shutil.rmtree(root)
    for group in groups:
        for place in (*sorted(group.rglob("*/"), reverse=True), group):
            with suppress(OSError):  # a process of it is about to end
                place.rmdir()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends us as Ctrl-C does: nothing that was started or made stays."""
    raise KeyboardInterrupt


def main() -> None:
    """Prints the last line the target said, and ends with its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suite", help="bookworm or trixie")
    parser.add_argument("repository", type=Path, help="its HEAD is cloned")
    parser.add_argument("target", nargs="+", help="of the Makefile; and its variables, as NAME=VALUE")
    parser.add_argument("--bare", action="store_true", help="without the packages that the target needs")
    parser.add_argument("--log", type=Path, default=Path("fresh-root.log"), help="all that the target prints")
    parser.add_argument("--patience", type=float, default=3600.0, help="seconds")
    given = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        sys.exit("fresh_root makes a root file system: run it as root, with mmdebstrap installed")
    signal.signal(signal.SIGTERM, _interrupt)
    log = given.log.resolve()
    log.unlink(missing_ok=True)
    try:
        status = trial(given, log)
    except (subprocess.CalledProcessError, debian.DebianError) as error:
        sys.exit(f"{given.suite}: could not be prepared: {error}")
    except KeyboardInterrupt:
        print(f"{given.suite}: interrupted; everything is stopped and removed", file=sys.stderr)
        sys.exit(130)
    last = log.read_text(errors="replace").splitlines()[-1:] if log.exists() else []
    print(f"{given.suite}: make {' '.join(given.target)}: exit status {status}: {''.join(last)}")
    sys.exit(status)


if __name__ == "__main__":
    main()
