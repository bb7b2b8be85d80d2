"""The repository on a fresh Debian: a new root file system, an ordinary user, a clone, one make target.

    python -m workbench.fresh_root trixie . test

For maintainers, as root, with mmdebstrap. Owns that file system from making to removal, and a cache of the
bare one. Copies from this machine how it reaches its mirrors and registries: files and variables.
"""

import argparse
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from workbench import debian
from workbench.process import PartError, Process, private_directory, run, until

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


def bare_system(suite: str) -> Path:
    """A tarball of the suite with nothing but `PACKAGES`, made at most once a week."""
    key = hashlib.sha256("\n".join(PACKAGES).encode()).hexdigest()[:10]
    tarball = debian.cache_root().with_name("fresh") / f"{suite}-{key}.tar"
    if tarball.exists() and time.time() - tarball.stat().st_mtime < WEEK:
        return tarball
    tarball.parent.mkdir(parents=True, exist_ok=True)
    partial = tarball.with_suffix(".partial.tar")
    settings = [str(path) for path in Path("/etc/apt/apt.conf.d").glob("*") if "Acquire" in path.read_text()]
    options = [f"--aptopt={path}" for path in settings]
    wanted = f"--include={','.join(PACKAGES)}"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", wanted, *options, suite, str(partial)]
    subprocess.run([*command, debian.mirror()], check=True)
    partial.rename(tarball)
    return tarball


def carry_over(root: Path) -> dict[str, str]:
    """Copies the machine's settings into the new system; gives the variables that mean something there."""
    home = root / "home" / USER
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


def prepare(root: Path, suite: str, repository: Path) -> dict[str, str]:
    """Unpacks the bare system, adds the user and the repository; gives the user's environment."""
    subprocess.run(["tar", "-xf", bare_system(suite), "-C", root, "--exclude=./dev/*"], check=True)
    subprocess.run(["chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", USER], check=True)
    environment = carry_over(root)
    home = root / "home" / USER
    bundle = ["bundle", "create", "--quiet", str(home / "repository"), "HEAD"]
    subprocess.run(["git", "-C", str(repository), *bundle], check=True)
    subprocess.run(["chroot", root, "chown", "-R", f"{USER}:", f"/home/{USER}"], check=True)
    return {"HOME": f"/home/{USER}", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment}


def script(root: Path, environment: dict[str, str], target: str) -> str:
    """What runs in the new mount and process namespaces: nothing it mounts is seen outside."""
    variables = shlex.join(f"{name}={value}" for name, value in environment.items())
    clone = "git -c advice.detachedHead=false -c init.defaultBranch=main clone --quiet repository usn"
    work = f"cd && {clone} && cd usn && exec make {shlex.quote(target)}"
    enter = f"chroot --userspec={USER}:{USER} . /usr/bin/env -i {variables} /bin/bash -c {shlex.quote(work)}"
    return "\n".join(
        [
            f"set -e; cd {shlex.quote(str(root))}",
            "mount -t proc proc proc",
            "mount --rbind /dev dev",
            *(f"mount -t tmpfs -o mode=1777 tmpfs {place}" for place in ("dev/shm", "tmp")),
            f"exec {enter}",
        ]
    )


async def trial(suite: str, repository: Path, target: str, log: Path, patience: float) -> int:
    """The exit status of the target; 124 when it took more than `patience` seconds."""
    root = private_directory("usn-fresh-")
    root.chmod(0o755)
    try:
        environment = prepare(root, suite, repository)
        spaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        process = Process([*spaces, "sh", "-c", script(root, environment, target)], log)
        process.start()
        try:
            await until(lambda: not process.alive, patience, 0.2)
        finally:
            status = process.returncode
            process.kill()
        return 124 if status is None else status
    finally:
        shutil.rmtree(root)


def main() -> None:
    """Prints the last line the target said, and ends with its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suite", help="bookworm or trixie")
    parser.add_argument("repository", type=Path, help="its HEAD is cloned")
    parser.add_argument("target", help="of the Makefile")
    parser.add_argument("--log", type=Path, default=Path("fresh-root.log"), help="all that the target prints")
    parser.add_argument("--patience", type=float, default=3600.0, help="seconds")
    given = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        sys.exit("fresh_root makes a root file system: run it as root, with mmdebstrap installed")
    log = given.log.resolve()
    log.unlink(missing_ok=True)
    try:
        status = run(trial(given.suite, given.repository, given.target, log, given.patience))
    except (subprocess.CalledProcessError, debian.DebianError, PartError) as error:
        sys.exit(f"{given.suite}: could not be prepared: {error}")
    last = log.read_text(errors="replace").splitlines()[-1:] if log.exists() else []
    print(f"{given.suite}: make {given.target}: exit status {status}: {''.join(last)}")
    sys.exit(status)


if __name__ == "__main__":
    main()
