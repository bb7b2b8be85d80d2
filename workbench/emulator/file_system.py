"""The file system of an emulated machine: Debian 13 with its kernel, and disks made from it.

Called by the labs that need a kernel of their own. The list of its packages is here, and the console on the
second serial port by which a lab gives commands: it works whatever is done to the network.
"""

import hashlib
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from workbench.lab.bare import cache
from workbench.parts import debian
from workbench.release.asterisk_deb import GENTLY, SUITE, apt_options
from workbench.setup.needs import lacks
from workbench.setup.progress import ending, follow

INCLUDED = (
    "dbus",
    "iproute2",
    "kmod",
    "linux-image-cloud-amd64",
    "python3",
    "python3-pyroute2",
    "python3-structlog",
    "systemd-sysv",
    "udev",
)
DISK_SIZE = "1200M"
FRESH_SECONDS = 7 * 24 * 3600.0
PATIENCE = 1800.0
CONSOLE = """\
[Unit]
Description=Commands of the lab, by the second serial port
DefaultDependencies=no
After=local-fs.target systemd-udevd.service

[Service]
ExecStart=/bin/bash /usr/local/sbin/lab-console
Restart=always

[Install]
WantedBy=multi-user.target
"""
CONSOLE_PROGRAM = """\
exec 3<>/dev/ttyS1
stty -F /dev/ttyS1 raw -echo
while read -r line <&3; do
  eval "$line" >&3 2>&1 3>&-
  echo "=== $?" >&3
done
"""


@dataclass(frozen=True, slots=True)
class MachineRoot:
    """A directory that is the file system, and the kernel and initial RAM disk that boot it."""

    tree: Path
    kernel: Path
    initrd: Path


def machine_root(report: debian.Report = debian.say) -> MachineRoot:
    """Made at most once a week, at most one at a time. Raises DebianError with what to do."""
    if sentence := lacks("lab-bond"):
        raise debian.DebianError(sentence)
    made_from = "\n".join([*INCLUDED, CONSOLE, CONSOLE_PROGRAM])
    tree = cache() / f"machine-{SUITE}-{hashlib.sha256(made_from.encode()).hexdigest()[:8]}"
    done = tree.with_suffix(".complete")
    if not done.exists() or time.time() - done.stat().st_mtime >= FRESH_SECONDS:
        shutil.rmtree(tree, ignore_errors=True)
        _make(tree, report)
        done.touch()
    kernel = next(tree.glob("boot/vmlinuz-*"))
    return MachineRoot(tree, kernel, kernel.with_name(kernel.name.replace("vmlinuz", "initrd.img")))


def _make(tree: Path, report: debian.Report) -> None:
    command = [*GENTLY, "mmdebstrap", "--variant=minbase", *apt_options()]
    command += [f"--include={','.join(INCLUDED)}", "--dpkgopt=path-exclude=/usr/share/doc/*"]
    command += ["--dpkgopt=path-exclude=/usr/share/locale/*", SUITE, str(tree), debian.mirror()]
    log = tree.with_suffix(".log")
    report(f"making an emulated machine's Debian {SUITE}, once a week; the log is {log}")
    if follow(command, log, f"an emulated machine's Debian {SUITE}", patience=PATIENCE, report=report):
        raise debian.DebianError(f"mmdebstrap failed:\n{ending(log)}")
    system = tree / "etc/systemd/system"
    (tree / "usr/local/sbin/lab-console").write_text(CONSOLE_PROGRAM)
    (system / "lab-console.service").write_text(CONSOLE)
    wanted = system / "multi-user.target.wants"
    wanted.mkdir(exist_ok=True)
    (wanted / "lab-console.service").symlink_to("/etc/systemd/system/lab-console.service")
    (system / "getty.target").symlink_to("/dev/null")  # nobody logs in; it waits for terminals


def copy(root: MachineRoot, place: Path) -> Path:
    """A tree of its own for one machine, with its own copies of the directories that a lab writes to."""
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(root.tree), str(place)], check=True)
    return place


def disk(tree: Path, image: Path) -> Path:
    """An ext4 disk image with the tree in it."""
    image.unlink(missing_ok=True)
    subprocess.run(["truncate", "-s", DISK_SIZE, str(image)], check=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(image)], check=True)
    return image
