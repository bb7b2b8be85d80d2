"""Brings a file to a destination by rsync over ssh, and reads it back: the only way out for CDRs.

export.py calls it. At the destination `rrsync` is all that our key may run, in one directory. The file grows
in a directory of our own below that and is renamed when it is whole, by rsync itself; what a transfer that
broke off left behind is cleared away by the next one. Each call ends in time, whatever the other side does.
"""

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from usnd.domain.billing.delivery import There, Trouble, trouble_of, what_is_there
from usnd.process.os_errors import in_words

INCOMING = ".usn-incoming"
"""At the destination, below its directory: what is not whole yet."""
LONGEST = 3600.0
"""Seconds for one call of rsync."""
_SILENT = 60
"""Seconds without an octet."""
_CONNECT = 10
_SAID = 500
"""Characters that are kept of what a destination says."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where files go. key: our private one. host_key: theirs, as in known_hosts. directory: as rrsync has it.

    clears: we may remove what is left in our own directory there. syncs: rsync there knows --fsync (3.2.4).
    """

    name: str
    host: str
    port: int
    user: str
    directory: str
    key: Path
    host_key: str
    clears: bool = True
    syncs: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done."""

    trouble: Trouble
    said: str


class Rsync:
    """To one destination. place: a directory of this server for what ssh and rsync need, ours alone."""

    def __init__(self, destination: Destination, place: Path, longest: float = LONGEST) -> None:
        self._to, self._place, self._longest = destination, place, longest

    def prepare(self) -> Refusal | None:
        """Makes our directory there, and clears it. Before the first file of a run.

        It goes by its name, not into it: a link of that name leads to what is not ours, and is replaced.
        """
        try:
            with self._to.key.open("rb"):
                pass  # without it ssh would be let in by none, and not say why
        except OSError as error:
            return Refusal(Trouble.LOGIN, in_words(error, self._to.key))
        try:
            self._write_what_is_needed()
        except OSError as error:
            return Refusal(Trouble.HERE, in_words(error, self._place))
        words = ["--recursive", "--dirs", *(["--delete"] if self._to.clears else [])]
        done = self._run([*words, str(self._place / INCOMING), self._remote])
        return done if isinstance(done, Refusal) else None

    def send(self, file: Path) -> Refusal | None:
        """After it the file is there whole, under its name. Safe to repeat."""
        sync = ["--fsync"] if self._to.syncs else []
        done = self._run(
            ["--checksum", "--whole-file", *sync, f"--temp-dir={INCOMING}", str(file), self._remote]
        )
        return done if isinstance(done, Refusal) else None

    def look(self, file: Path) -> There | Refusal:
        """What is there under its name: both sides read the whole file."""
        done = self._run(["--checksum", "--dry-run", "-ii", "--out-format=%i", str(file), self._remote])
        if isinstance(done, Refusal):
            return done
        return what_is_there(done) or Refusal(Trouble.HERE, f"rsync did not look at {file.name}")

    @property
    def _remote(self) -> str:
        to = self._to
        host = f"[{to.host}]" if ":" in to.host else to.host
        return f"{to.user}@{host}:{to.directory.rstrip('/')}/"

    def _write_what_is_needed(self) -> None:
        (self._place / INCOMING).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._known_hosts.write_text(f"{self._to.name} {self._to.host_key}\n")

    @property
    def _known_hosts(self) -> Path:
        return self._place / f"known-{self._to.name}"

    def _ssh(self) -> list[str]:
        options = {
            "BatchMode": "yes",
            "LogLevel": "ERROR",  # without the banner, whose words are anybody's
            "ConnectTimeout": str(_CONNECT),
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "3",
            "StrictHostKeyChecking": "yes",
            "HostKeyAlias": self._to.name,
            "UserKnownHostsFile": str(self._known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "UpdateHostKeys": "no",
            "IdentitiesOnly": "yes",
            "IdentityFile": str(self._to.key),
            "PreferredAuthentications": "publickey",
            "ForwardAgent": "no",
            "ClearAllForwardings": "yes",
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", "-F", "none", "-p", str(self._to.port), *words]

    def _run(self, words: Sequence[str]) -> str | Refusal:
        """What rsync printed."""
        command = ["rsync", f"--timeout={_SILENT}", "-e", shlex.join(self._ssh()), *words]
        try:
            done = subprocess.run(  # noqa: S603 # an argument list; ssh runs nothing but rsync there
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._longest,
                check=False,
                env={**os.environ, "LC_ALL": "C"},
            )
        except subprocess.TimeoutExpired:
            return Refusal(Trouble.BROKEN_OFF, f"rsync did not end within {self._longest:g} s")
        except OSError as error:
            return Refusal(Trouble.HERE, in_words(error, command[0]))
        said = done.stderr.decode(errors="replace")
        trouble = trouble_of(done.returncode, said)
        return done.stdout.decode(errors="replace") if trouble is None else Refusal(trouble, _first(said))


def _first(said: str) -> str:
    """Its first lines say why, the last one only that."""
    lines = [line.strip() for line in said.splitlines() if line.strip(" @")]
    return "; ".join(lines)[:_SAID] or "without a word"
