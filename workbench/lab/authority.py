"""The lab's certificate authority, the servers' certificate and the CRM's terminal, all made by `usnd ca`.

Called by the lab's commands before the servers are made, and by tests/lab. They are kept in the cache: a
finished file system has what the authority published.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from workbench import ROOT
from workbench.lab import net
from workbench.lab.bare import cache
from workbench.parts.process import PartError

TERMINAL = "crm-1"
"""May do everything: designated when the lab is up."""
SERVER = "usn"
SSH = 'exec /usr/bin/ssh {options} "$@"\n'


def place() -> Path:
    """Its directory: `authority`, `published`, and what was handed out to each name."""
    return cache() / "ca"


def handed_out(name: str = TERMINAL) -> Path:
    """The directory with NAME.pem, NAME.key and ca.pem."""
    return place() / name


def ca(*words: str, environment: dict[str, str] | None = None) -> str:
    """What `usnd ca WORDS` says. Raises PartError."""
    command = [sys.executable, "-m", "usnd", "ca", *words]
    told = {**os.environ, **(environment or {}), "PYTHONPATH": str(ROOT)}
    told["USND_CA"] = str(place() / "authority")
    if environment:
        command = net.inside(net.OUTSIDE, *command)
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PartError(f"usnd ca {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def made() -> Path:
    """Its directory; all of it is made at the first call. Raises PartError."""
    if (handed_out() / f"{TERMINAL}.pem").exists():
        return place()
    shutil.rmtree(place(), ignore_errors=True)
    (place() / "published").mkdir(parents=True)
    ca("init", "--name", "USN lab", "--publish", str(place() / "published"))
    hosts = [word for one in (net.FLOATING, *net.ADDRESSES.values()) for word in ("--server", one)]
    ca("issue", SERVER, *hosts, "--out", str(handed_out(SERVER)))
    ca("issue", TERMINAL, "--out", str(handed_out()))
    return place()


def fingerprint() -> str:
    """Of what a server gets of it once: it keeps the rest up to date by itself."""
    files = (place() / "authority/ca.pem", handed_out(SERVER) / f"{SERVER}.pem")
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def by_ssh(ssh_words: list[str]) -> dict[str, str]:
    """The environment in which `usnd ca` reaches the servers, as from an operator's workstation."""
    programs = cache() / "bin"
    programs.mkdir(exist_ok=True)
    ssh = programs / "ssh"
    ssh.write_text("#!/bin/sh\n" + SSH.format(options=" ".join(ssh_words[1:])))
    ssh.chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}"}
