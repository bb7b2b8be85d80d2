"""Where nginx and usnd read whom to believe: directories of this machine, and of servers reached by ssh.

authority.py publishes after each change. A place gets two files, each whole or not at all: `client-ca.pem`,
the authorities, and `client-crl.pem`, a list of each. All places are served at the same time, each within
PATIENCE.
"""

import io
import re
import shlex
import subprocess
import tarfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from usnd.ca.disk import PUBLIC, CaError, Disk
from usnd.process.os_errors import in_words, reason

AUTHORITIES, LISTS = "client-ca.pem", "client-crl.pem"
PATIENCE = 4.0
"""Seconds for one place: a revocation is on both servers within 5."""
MOST_PLACES = 8
_REMEDY = {FileNotFoundError: "make the directory", PermissionError: "run this as root"}
_SSH = ("ssh", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={PATIENCE - 1:.0f}")
_REMOTE = re.compile(r"ssh://[A-Za-z0-9][A-Za-z0-9._@:\[\]-]*(/[A-Za-z0-9._/-]+)")
_SCRIPT = (
    "umask 022 && cd {place} && tar --no-same-owner -xf - && sync {new} && "
    "mv -f {ca_new} {ca} && mv -f {crl_new} {crl}"
)


_SHOW = "cd {place} && if test -f {crl}; then cat {crl}; fi"


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one place; trouble: why it does not have the files, None: it has them."""

    place: str
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is published: the authorities, and their lists, all in PEM.

    newer: why the lists that a place has must stay there, None where they may be replaced.
    """

    authorities: bytes
    lists: bytes
    newer: Callable[[bytes], str | None] = lambda _there: None


def parse_place(written: str) -> str:
    """A directory from the root, or `ssh://user@host:port/directory`. Raises CaError."""
    if (written.startswith("/") and "\0" not in written) or _REMOTE.fullmatch(written):
        return written
    raise CaError(
        f"{written} is no place: write a directory from the root, or ssh://root@192.0.2.12/etc/usn/tls"
    )


def publish(places: Sequence[str], bundle: Bundle, disk: Disk, ssh: Sequence[str] = _SSH) -> list[Published]:
    """To all of them, whatever becomes of one. `ssh`: the program with its options."""
    if not places:
        return []
    with ThreadPoolExecutor(len(places)) as pool:
        troubles = list(pool.map(lambda place: _publish(place, bundle, disk, ssh), places))
    return [Published(place, trouble) for place, trouble in zip(places, troubles, strict=True)]


def _publish(place: str, bundle: Bundle, disk: Disk, ssh: Sequence[str]) -> str | None:
    return _by_ssh(place, bundle, ssh) if place.startswith("ssh://") else _here(Path(place), bundle, disk)


def _here(place: Path, bundle: Bundle, disk: Disk) -> str | None:
    try:
        if (place / LISTS).is_file() and (why := bundle.newer((place / LISTS).read_bytes())):
            return why
        for name, content in ((AUTHORITIES, bundle.authorities), (LISTS, bundle.lists)):
            path = place / name
            if not path.is_file() or path.read_bytes() != content:
                disk.write(path, content, PUBLIC)
    except OSError as error:
        return f"{reason(error)}: {_REMEDY.get(type(error), 'mend that')}"
    return None


def _by_ssh(place: str, bundle: Bundle, ssh: Sequence[str]) -> str | None:
    found = _REMOTE.fullmatch(place)
    assert found is not None
    directory, deadline = found[1], time.monotonic() + PATIENCE
    command = [*ssh, place.removesuffix(directory)]
    there = _ran([*command, _SHOW.format(place=shlex.quote(directory), crl=LISTS)], b"", deadline)
    if isinstance(there, str):
        return there
    if why := bundle.newer(there):
        return why
    done = _ran([*command, _script(directory)], _archive(bundle), deadline)
    return done if isinstance(done, str) else None


def _ran(command: Sequence[str], given: bytes, deadline: float) -> bytes | str:
    """What the other side printed; a text: why it did not do it. deadline: by time.monotonic()."""
    try:
        done = subprocess.run(  # noqa: S603 # an argument list; what goes to the other side's shell is quoted
            command, input=given, capture_output=True, timeout=deadline - time.monotonic(), check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {PATIENCE:g} s"
    except OSError as error:
        return in_words(error, command[0])
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return said[-1] if said else f"{command[0]} ended with {done.returncode}"


def _script(directory: str) -> str:
    ca_new, crl_new = _new(AUTHORITIES), _new(LISTS)
    return _SCRIPT.format(
        place=shlex.quote(directory),
        new=f"{ca_new} {crl_new}",
        ca_new=ca_new,
        ca=AUTHORITIES,
        crl_new=crl_new,
        crl=LISTS,
    )


def _archive(bundle: Bundle) -> bytes:
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w") as archive:
        for name, content in ((AUTHORITIES, bundle.authorities), (LISTS, bundle.lists)):
            one = tarfile.TarInfo(_new(name))
            one.size, one.mode = len(content), PUBLIC
            archive.addfile(one, io.BytesIO(content))
    return octets.getvalue()


def _new(name: str) -> str:
    return f".{name}.new"
