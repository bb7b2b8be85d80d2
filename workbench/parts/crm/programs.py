"""curl and openssl, which the people of a CRM use: Debian's, unpacked, so that a machine need not have them.

The tests run them; `make demo-provisioning` takes those of the machine, as its user would.
"""

import shlex
from pathlib import Path

from workbench.parts import debian

PROGRAMS = ("curl", "openssl")


def crm_tree() -> Path:
    """The unpacked programs, of this machine's release. Raises DebianError."""
    return debian.tree(debian.host_suite(), PROGRAMS)


def write_commands(place: Path) -> None:
    """A command for each in the directory `place`, to be put first in PATH. Raises DebianError."""
    tree = crm_tree()
    environment = {**debian.libraries(tree), "OPENSSL_CONF": str(tree / "etc/ssl/openssl.cnf")}
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    for program in PROGRAMS:
        command = place / program
        real = shlex.quote(str(tree / "usr/bin" / program))
        command.write_text(f'#!/bin/sh\n{settings} exec {real} "$@"\n')
        command.chmod(0o755)
