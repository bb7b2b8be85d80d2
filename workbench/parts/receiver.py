"""Billing's end of the line: the real sshd, rsync and rrsync of Debian, on the loopback, without root.

Our key may run rrsync in one directory and nothing else. As root it runs as `nobody`, so that a directory
which may not be written is one. Used by tests, and by whoever shows the export on a workstation.
"""

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path

from workbench.parts import debian
from workbench.parts.ports import HOST
from workbench.parts.process import Part, PartError, Process, private_directory, until

START_PATIENCE = 5.0
USER = "billing"
"""As root. Else it is whoever runs this."""
_SSHD_PARTS = {
    "SshdSessionPath": "usr/lib/openssh/sshd-session",
    "SshdAuthPath": "usr/lib/openssh/sshd-auth",
}
"""Debian 13's sshd is three programs."""
_NOBODY = 65_534
_CONFIG = """ListenAddress {host}
Port {port}
HostKey {home}/host
PidFile none
AuthorizedKeysFile {home}/authorized_keys
StrictModes no
PasswordAuthentication no
"""
_KILLED = """#!/bin/sh
place=$(mktemp -d)
mkfifo "$place/in"
{settings} {rsync} "$@" <"$place/in" &
exec 3>"$place/in"
dd bs=1 count={octets} status=none >&3
kill -KILL $!
rm -r "$place"
exit 137
"""
_START = """mount --make-rprivate /
{mounts}
exec {sshd}
"""


def receiver_tree() -> Path:
    """The unpacked programs, of this machine's release. Raises DebianError."""
    return debian.tree(debian.host_suite(), ["openssh-server", "rsync", "python3"])


def write_rsync(tree: Path, place: Path) -> None:
    """The sender's programs, rsync and ssh, in the directory `place`, to be put first in PATH."""
    for program in ("rsync", "ssh"):
        _write_command(place / program, tree, tree / "usr/bin" / program)


class Receiver(Part):
    """One destination. `async with` starts it and stops it, also on exceptions."""

    def __init__(self, tree: Path, port: int, room: int | None = None) -> None:
        """`room`: octets that its directory can hold, for a disk that gets full; needs user namespaces."""
        self.home = private_directory("usn-receiver-")
        self.home.chmod(0o755)
        self.port, self.host = port, HOST
        self._tree, self._room = tree, room
        self._inbox = self.home / "inbox"
        self._inbox.mkdir()
        self.user = USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._own = (_NOBODY, _NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
        self.key = self.home / "key"
        self.make_key("host")
        self.make_key("key")
        self._write_programs()
        self._sshd = Process(self._command(), self.home / "log")

    @property
    def inbox(self) -> Path:
        """Where files arrive. With `room` it is seen only while the receiver runs."""
        if self._room is None:
            return self._inbox
        return Path(f"/proc/{self._sshd.pid}/root{self._inbox}")

    @property
    def host_key(self) -> str:
        """As the configuration wants it."""
        return " ".join((self.home / "host.pub").read_text().split()[:2])

    def log(self) -> str:
        """What sshd said."""
        return self._sshd.tail()

    def files(self) -> dict[str, bytes]:
        """All that is whole there."""
        return {path.name: path.read_bytes() for path in sorted(self.inbox.iterdir()) if path.is_file()}

    def litter(self) -> list[str]:
        """What is neither a whole file nor our own directory, which is empty when all is well."""
        return sorted(
            str(path.relative_to(self.inbox))
            for path in self.inbox.rglob("*")
            if path.is_file() and (path.parent != self.inbox or path.name.startswith("."))
        )

    def kill_after(self, octets: int | None) -> None:
        """From the next call on rsync there is killed when it has got so many octets. None: never again."""
        real = self.home / "programs/rsync"
        if octets is None:
            _write_command(real, self._tree, self._tree / "usr/bin/rsync")
            return
        settings = _settings(self._tree)
        real.write_text(_KILLED.format(settings=settings, rsync=self._tree / "usr/bin/rsync", octets=octets))

    def make_key(self, name: str) -> None:
        """A new one in place of any other: `host` is sshd's, from its next start on."""
        path = self.home / name
        for old in (path, path.with_suffix(".pub")):
            old.unlink(missing_ok=True)
        subprocess.run(
            [self._tree / "usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path],
            check=True,
            env={**os.environ, **debian.libraries(self._tree)},
        )
        if name == "host":
            os.chown(path, *self._own)

    async def start(self) -> None:
        """Returns when it accepts connections. Raises PartError with the end of its log."""
        self._sshd.start()
        if not await until(lambda: self._listens() or not self._sshd.alive, START_PATIENCE):
            raise PartError(f"sshd does not listen:\n{self.log()}")
        if not self._sshd.alive:
            raise PartError(f"sshd did not start:\n{self.log()}")

    async def stop(self) -> None:
        """Ends it, and removes its directory."""
        await self.end()
        shutil.rmtree(self.home, ignore_errors=True)

    async def end(self) -> None:
        """Ends it; what has arrived stays there, and `start` starts it again."""
        await self._sshd.stop(signal.SIGTERM)

    def _listens(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex((self.host, self.port)) == 0

    def _write_programs(self) -> None:
        programs = self.home / "programs"
        programs.mkdir()
        _write_command(programs / "rsync", self._tree, self._tree / "usr/bin/rsync")
        rrsync = (self._tree / "usr/bin/rrsync").read_text()
        # Its own words: "You may configure these 2 values to your liking".
        ours = rrsync.replace("RSYNC = '/usr/bin/rsync'", f"RSYNC = '{programs / 'rsync'}'", 1)
        (programs / "rrsync").write_text(ours)
        # Debian's own Python, as there: who develops may have one in a home that `nobody` cannot enter.
        _write_command(programs / "python3", self._tree, self._tree / "usr/bin/python3")
        command = f"{programs / 'python3'} -I -W ignore {programs / 'rrsync'} -wo {self._inbox}"
        key = (self.home / "key.pub").read_text()
        (self.home / "authorized_keys").write_text(f'command="{command}",restrict {key}')
        config = _CONFIG.format(host=self.host, port=self.port, home=self.home)
        for word, program in _SSHD_PARTS.items():
            if (self._tree / program).exists():
                config += f"{word} {self._tree}/{program}\n"
        (self.home / "sshd_config").write_text(config)
        os.chown(self._inbox, *self._own)

    def _command(self) -> list[str]:
        sshd = f"{self._tree}/usr/sbin/sshd -D -e -f {self.home}/sshd_config"
        sshd = f"env {_settings(self._tree)} {sshd}"
        uid, gid = self._own
        mounts = []
        if self._room is not None:
            options = f"size={self._room},mode=0755,uid={uid},gid={gid}"
            mounts.append(f"mount -t tmpfs -o {options} tmpfs {self._inbox}")
        if os.geteuid() == 0:
            passwd = Path("/etc/passwd").read_text() + f"{USER}:x:{uid}:{gid}::{self.home}:/bin/sh\n"
            (self.home / "passwd").write_text(passwd)
            mounts.append(f"mount --bind {self.home}/passwd /etc/passwd")
            sshd = f"setpriv --pdeathsig KILL --reuid {uid} --regid {gid} --clear-groups {sshd}"
            unshare = ["unshare", "--mount"]
        elif mounts:
            sshd = f"unshare --map-user={uid} --map-group={gid} {sshd}"
            unshare = ["unshare", "--map-root-user", "--mount"]
        else:
            unshare = []
        (self.home / "start").write_text(_START.format(mounts="\n".join(mounts), sshd=sshd))
        return [*unshare, "sh", "-e", str(self.home / "start")] if unshare else ["sh", "-c", f"exec {sshd}"]


def _write_command(command: Path, tree: Path, real: Path) -> None:
    command.write_text(f'#!/bin/sh\n{_settings(tree)} exec {shlex.quote(str(real))} "$@"\n')
    command.chmod(0o755)


def _settings(tree: Path) -> str:
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in debian.libraries(tree).items())
