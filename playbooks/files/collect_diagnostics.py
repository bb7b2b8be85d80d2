"""What somebody who helps needs to see of this server, in one tar file: `collect_diagnostics.py FILE HOURS`.

Owns what is asked and what is masked. Refuses to let out a password or a telephone number: a number shows as
a mark that is the same wherever it stands, mixed with $USN_SALT, which nobody keeps. Runs on a node, as root,
with nothing but Python's own library.
"""

import hashlib
import hmac
import io
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path

PATIENCE = 30.0  # seconds for each question
UNITS = (
    "usnd",
    "usn-arbiter",
    "usn-address",
    "usn-active.target",
    "asterisk",
    "keepalived",
    "nginx",
    "usn-web@provisioning",
    "usn-web@portal",
    "nftables",
    "chrony",
    "postgresql@17-main",
)
AS_USND = ("runuser", "-u", "usnd", "--")
AS_POSTGRES = ("runuser", "-u", "postgres", "--", "psql", "-X", "-c")
QUESTIONS = {
    "pair.json": ("usnd", "pair", "status", "--json"),
    "status.txt": (*AS_USND, "usnd", "status"),
    "alarms.txt": (*AS_USND, "usnd", "alarms", "--history"),
    "smpp.txt": (*AS_USND, "usnd", "smpp", "status"),
    "trunks.txt": (*AS_USND, "usnd", "trunk", "status"),
    "conferences.txt": (*AS_USND, "usnd", "conferences"),
    "schema.json": (*AS_USND, "usnd", "db", "status", "--json"),
    "releases.txt": ("ls", "-l", "--time-style=full-iso", "/opt/usnd"),
    "packages.txt": ("dpkg-query", "--show"),
    "system.txt": ("uname", "--all"),
    "units.txt": ("systemctl", "status", "--no-pager", "--lines=0", *UNITS),
    "failed.txt": ("systemctl", "--failed", "--no-pager"),
    "clock.txt": ("timedatectl", "show"),
    "time-servers.txt": ("chronyc", "-n", "sources"),
    "disk.txt": ("df", "--human-readable"),
    "memory.txt": ("free", "--mebi"),
    "processes.txt": ("ps", "-eo", "pid,ppid,user,rss,pcpu,etime,comm"),
    "rules.txt": ("nft", "list", "ruleset"),
    "addresses.txt": ("ip", "-statistics", "address"),
    "routes.txt": ("ip", "route", "show", "table", "all"),
    "neighbours.txt": ("ip", "neighbour"),
    "sockets.txt": ("ss", "--tcp", "--udp", "--listening", "--numeric", "--processes"),
    "replication.txt": (*AS_POSTGRES, "TABLE pg_stat_replication; TABLE pg_stat_wal_receiver"),
    "endpoints.txt": ("asterisk", "-rx", "pjsip show endpoints"),
    "channels.txt": ("asterisk", "-rx", "core show channels count"),
}
CONFIGURATION = (
    "/etc/usn/usnd.toml",
    "/etc/usn/arbiter.toml",
    "/etc/nftables.conf",
    "/etc/keepalived/keepalived.conf",
    "/etc/postgresql/17/main/postgresql.conf",
    "/etc/postgresql/17/main/pg_hba.conf",
    "/etc/nginx/nginx.conf",
    "/etc/usn/web-provisioning.toml",
    "/var/lib/usn-arbiter/record.json",
)
HOLD_SECRETS = (
    "/etc/usn/usnd.toml",
    "/etc/usn/arbiter.toml",
    "/etc/asterisk/manager.conf",
    "/etc/asterisk/pjsip.conf",
    "/etc/usn/console-own",
    "/etc/usn/console-peer",
    "/var/lib/postgresql/.pgpass",
)
HIDDEN = "[hidden]"
_SECRET = re.compile(
    r"""(?im)^(\s*\w*(?:password|secret|passphrase|credential_key)\w*\s*=[>\s]*)(["']?)(.+?)\2\s*$"""
)
_INLINE = re.compile(r"""(?i)\b((?:password|secret)\s*[=:]\s*["']?)([^\s"',}]+)""")
_ADDRESS = re.compile(r"(://[^:/@\s]+:)([^@/\s]+)@")
_ECHO = re.compile(r"(?m)^echo (['\"]?)(.+?)\1$")
_PGPASS = re.compile(r"(?m)^[^#:\n]*:[^:\n]*:[^:\n]*:[^:\n]*:(.+)$")
_NUMBER = re.compile(r"(?:\+|%2[Bb])?\d{7,}")
_SHORTEST_SECRET = 4


def secrets_in(text: str) -> set[str]:
    """The values in a file of a node that nobody else may know."""
    found = {match[3] for match in _SECRET.finditer(text)}
    found |= {match[2] for pattern in (_INLINE, _ADDRESS, _ECHO) for match in pattern.finditer(text)}
    found |= {match[1] for match in _PGPASS.finditer(text)}
    return {value for value in found if len(value) >= _SHORTEST_SECRET}


def masked(text: str, secrets: Iterable[str], salt: bytes) -> str:
    """Without the secrets, and with a mark for each telephone number, or what could be one: seven digits."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _SECRET.sub(rf"\1{HIDDEN}", text)
    text = _INLINE.sub(rf"\1{HIDDEN}", text)
    text = _ADDRESS.sub(rf"\1{HIDDEN}@", text)
    return _NUMBER.sub(lambda match: _mark(match[0], salt), text)


def _mark(number: str, salt: bytes) -> str:
    digits = re.sub(r"^(\+|%2[Bb]|00)", "", number)
    # Letters only: what is masked twice stays the same.
    mark = hmac.digest(salt, digits.encode(), "sha256")[:5]
    return "#" + "".join(chr(ord("a") + octet % 16) + chr(ord("a") + octet // 16) for octet in mark)


def asked(command: tuple[str, ...]) -> str:
    """What the command prints, also when it fails."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{' '.join(command)}: {error}\n"
    said = done.stdout.decode(errors="replace")
    return said if done.returncode == 0 else f"{said}[exit status {done.returncode}]\n"


def read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError as error:
        return f"{error}\n"


def answers(hours: int) -> Iterable[tuple[str, str]]:
    """Name and contents of each file, not masked."""
    for name, command in QUESTIONS.items():
        yield name, asked(command)
    for unit in UNITS:
        since = f"--since=-{hours}h"
        words = ("journalctl", "--no-pager", "--output=short-iso-precise", "--no-hostname", since)
        yield f"journal/{unit}.txt", asked((*words, f"--unit={unit}"))
    for path in CONFIGURATION:
        yield f"configuration{path}", read(path)


def collect(target: Path, hours: int, salt: bytes) -> None:
    """Writes the tar file, readable by root only."""
    secrets = set().union(*(secrets_in(read(path)) for path in HOLD_SECRETS))
    target.unlink(missing_ok=True)
    only_here = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(only_here, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, text in answers(hours):
            octets = masked(text, secrets, salt).encode()
            entry = tarfile.TarInfo(f"{os.uname().nodename}/{name}")
            entry.size, entry.mtime, entry.mode = len(octets), int(time.time()), 0o600
            tar.addfile(entry, io.BytesIO(octets))


if __name__ == "__main__":
    salt = os.environ.get("USN_SALT", "").encode() or hashlib.sha256(os.urandom(32)).digest()
    collect(Path(sys.argv[1]), int(sys.argv[2]), salt)
