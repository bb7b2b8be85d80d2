"""A node: a bare server that is switched on and off, over its own layer on the bare file system.

Called by supervisor.py. A node has its layer, its first addresses and its power. `cut` is a power cut; the
system is shut down in order only when that is asked for.
"""

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from usnd.pair.database.directory import process
from workbench.lab import net
from workbench.parts.control_groups import control_groups
from workbench.parts.process import PartError, Process, within

SHUTDOWN_PATIENCE = 30.0
DEATH_PATIENCE = 5.0
LOOK_AGAIN = 0.5
REBOOTS = 133
NETWORKD = """\
[Match]
Name=bond0

[Network]
Address={address}/24
"""


class Node:
    """One server. `name` is `a` or `b`."""

    def __init__(self, name: str, lowers: Sequence[Path], layer: Path, public_key: str) -> None:
        """`lowers`: file systems, the upper ones first; `layer`: a directory for what this node changes."""
        self.name = name
        self._lower = ":".join(map(str, lowers))
        self._layer = layer
        self._key = public_key
        self._panic = layer / "panic"
        self.pid = layer.with_suffix(".pid")
        self._process = Process(["sh", "-c", self._script()], layer.with_suffix(".console"))

    def lay_out(self, *, first: bool) -> None:
        """An empty layer; `first`: with what an installer asks a person: address, name, the ssh key."""
        shutil.rmtree(self._layer, ignore_errors=True)
        for place in ("upper", "work", "root"):
            (self._layer / place).mkdir(parents=True)
        if first:
            self._install()

    def _install(self) -> None:
        etc, key = self._layer / "upper/etc", self._layer / "upper/root/.ssh/authorized_keys"
        for place in (etc / "systemd/network", key.parent):
            place.mkdir(parents=True)
        (etc / "hostname").write_text(f"usn-{self.name}\n")
        address = net.ADDRESSES[self.name]
        (etc / "systemd/network/90-installer.network").write_text(NETWORKD.format(address=address))
        wanted = etc / "systemd/system/multi-user.target.wants/systemd-networkd.service"
        wanted.parent.mkdir(parents=True)
        wanted.symlink_to("/usr/lib/systemd/system/systemd-networkd.service")
        key.write_text(self._key)
        (self._layer / "upper/root").chmod(0o700)
        key.parent.chmod(0o700)

    def _script(self) -> str:
        layer = self._layer
        # As on a disk: a directory of a lower layer may be renamed (rename(2): EXDEV without redirect_dir).
        overlay = f"lowerdir={self._lower},upperdir={layer}/upper,workdir={layer}/work,redirect_dir=on"
        boot = [
            "setpriv --pdeathsig KILL systemd-nspawn --quiet --register=no --keep-unit --boot --console=pipe",
            f"--directory={shlex.quote(str(layer / 'root'))} --machine=usn-{self.name}",
            f"--network-namespace-path=/run/netns/{net.namespace(self.name)}",
            "--capability=CAP_NET_ADMIN,CAP_SYS_NICE --resolv-conf=off --timezone=off --link-journal=no",
        ]
        flush = "; ".join(map(shlex.join, net.without_system(self.name)))
        mount = f"mount -t overlay overlay -o {shlex.quote(overlay)} {shlex.quote(str(layer / 'root'))}"
        # With --keep-unit a reboot ends systemd-nspawn with 133: a server comes again by itself.
        lives = f"{mount}; while {' '.join(boot)}; test $? = {REBOOTS}; do {flush}; done"
        stands = f"test ! -e {shlex.quote(str(self._panic))} || exec sleep infinity"
        # The mount is the process's own: it goes with it.
        return f"{self._apart()}exec unshare --mount sh -c {shlex.quote(f'{lives}; {stands}')}"

    def _apart(self) -> str:
        """Into control groups of its own: in common ones, each system would remove the other's services."""
        groups = [shlex.quote(str(group)) for group in self._groups()]
        return "".join(f"mkdir -p {group}; echo $$ > {group}/cgroup.procs; " for group in groups)

    def _groups(self) -> list[Path]:
        return [place / net.namespace(self.name) for place in control_groups()]

    @property
    def on(self) -> bool:
        """Whether it has power."""
        return self._process.alive

    def switch_on(self) -> None:
        """The power button; nothing when it is on."""
        if not self.on:
            self._panic.unlink(missing_ok=True)
            self._process.start()
            self.pid.write_text(f"{self._process.pid}\n")

    def cut(self) -> None:
        """The power goes: every process of it dies at once, and its cables have no carrier."""
        self._kill_system()
        containers = self._containers()
        self._process.kill()
        _until_dead(containers)  # until then its directory is taken, and it would not boot
        net.without_power(self.name)
        for group in self._groups():
            for place in (*sorted(group.rglob("*/"), reverse=True), group):
                with suppress(OSError):  # a process of it is about to end
                    place.rmdir()

    def panic(self) -> None:
        """The system dies and stays dead; the power, and the carrier of its cables, are still there."""
        self._panic.touch()
        self._kill_system()
        for command in net.without_system(self.name):
            subprocess.run(command, check=True, capture_output=True)

    def _kill_system(self) -> None:
        """Until nothing of it lives: in its last moment it could still put an address on a cable."""
        systems = self.systems()
        for init in systems:
            os.kill(init, signal.SIGKILL)
        _until_dead(systems)  # a namespace's first process ends, or is a zombie, only after all others of it

    async def shut_down(self) -> None:
        """As by `poweroff`: systemd stops all services. Raises PartError when it does not end."""
        for init in self.systems():
            os.kill(init, signal.SIGRTMIN + 4)  # systemd(1): poweroff.target
        ended = await within(lambda: not self.on, SHUTDOWN_PATIENCE, 0.1)
        self.cut()
        if not ended:
            raise PartError(f"usn-{self.name} did not shut down in {SHUTDOWN_PATIENCE:g} s")

    def systems(self) -> list[int]:
        """The node's init, if it runs: the child of systemd-nspawn."""
        return [init for container in self._containers() for init in _children(container)]

    def _containers(self) -> list[int]:
        """systemd-nspawn, if it runs: the child of our shell."""
        return _children(self._process.pid) if self.on else []

    def command(self, *words: str, patience: float = 60.0) -> str:
        """What a program prints when root runs it on the node. Raises PartError: it fails, or is cut off."""
        systems = self.systems()
        if not systems:
            raise PartError(f"usn-{self.name} is off")
        enter = ["nsenter", "--target", str(systems[0]), "--all", "--wdns=/", "--", *words]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            enter, text=True, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
        ) as running:
            said, complained = _finish(running, patience)
        if running.returncode:
            raise PartError(f"usn-{self.name}: {' '.join(words)}: {said}{complained}")
        return said

    def tail(self) -> str:
        """The end of what its console showed."""
        return self._process.tail()


def _finish(running: subprocess.Popen[str], patience: float) -> tuple[str, str]:
    """What it prints on both outputs. Raises PartError: it was killed after the patience.

    A system that goes down stops its last processes before it ends them. nsenter then stops itself, too, and
    would for ever: the system's end waits until nsenter takes notice of the child's.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            return running.communicate(timeout=LOOK_AGAIN)
        running.send_signal(signal.SIGCONT)
    running.kill()
    raise PartError(f"a command did not end in {patience:g} s")


def _until_dead(processes: Iterable[int]) -> None:
    deadline = time.monotonic() + DEATH_PATIENCE
    for one in processes:
        while process(one)[1] not in ("", "Z") and time.monotonic() < deadline:
            time.sleep(0.002)


def _children(parent: int) -> list[int]:
    path = Path(f"/proc/{parent}/task/{parent}/children")
    try:
        return [int(word) for word in path.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return []
