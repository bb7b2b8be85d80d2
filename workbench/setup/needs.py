"""`python -m workbench.setup.needs TARGET`: what a target of the Makefile needs of this machine beside
Python.

Called by the Makefile before anything is set up, and by the parts. The one list of those programs, and of the
Debian packages that have them, is here. What is missing is told in one sentence that says what to install.
Needs nothing but Python.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass

PYTHON = {"venv": "python3-venv"}
"""Python modules that Debian packages apart from Python."""
GIT = {"git": "git"}
CLIENT = {"curl": "curl", "openssl": "openssl"}
SETUP = {"mmdebstrap": "mmdebstrap"}
LAB = {
    **SETUP,
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nft": "nftables",
    "ipmi_sim": "openipmi",
    "ipmitool": "ipmitool",
    "ssh": "openssh-client",
    "curl": "curl",
}

EMULATOR = {
    **SETUP,
    "ip": "iproute2",
    "mke2fs": "e2fsprogs",
    "ping": "iputils-ping",
    "qemu-system-x86_64": "qemu-system-x86",
}


@dataclass(frozen=True)
class Needs:
    """programs: each with its Debian package. root: why it must be root; empty where anybody may."""

    programs: dict[str, str]
    root: str = ""


NEEDS = {
    "demo-provisioning": Needs(CLIENT),
    "lint": Needs(GIT),
    "test": Needs(GIT),
    "fuzz-provisioning": Needs({"strace": "strace"}),
    "bench-conference": Needs({}, "it listens on the wire"),
    "depot": Needs(SETUP, "it builds Asterisk in a root file system"),
    "lab": Needs(LAB, "it boots servers and lays cables"),
    "lab-shell": Needs(LAB, "it enters the lab's network"),
    "lab-down": Needs(LAB, "it takes the lab's network down"),
    "lab-chaos": Needs(LAB, "it cuts servers off"),
    "lab-bond": Needs(EMULATOR, "it lays cables"),
    "test-lab": Needs(LAB, "it boots servers and lays cables"),
}
NOTHING = Needs({})


def missing(target: str, has: Callable[[str], bool], modules: Collection[str], *, root: bool) -> str | None:
    """The sentence that says what this machine lacks for the target; None: nothing."""
    needs = NEEDS.get(target, NOTHING)
    packages = [package for module, package in PYTHON.items() if module not in modules]
    packages += [package for program, package in needs.programs.items() if not has(program)]
    if packages:
        install = f"apt-get install {' '.join(sorted(set(packages)))}"
        return f"make {target} needs more of this machine; as root: {install}"
    if needs.root and not root:
        return f"make {target} needs root ({needs.root}): sudo make {target}"
    return None


def lacks(target: str) -> str | None:
    """The same of this very machine."""
    # Debian's Python has the module venv without what it needs to make an environment that has pip.
    modules = {"venv"} if importlib.util.find_spec("ensurepip") else set()
    places = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"  # an ordinary user's PATH has no sbin

    def has(program: str) -> bool:
        return shutil.which(program, path=places) is not None

    return missing(target, has, modules, root=os.geteuid() == 0)


def main() -> int:
    """The exit status: 0 when the target can begin."""
    sentence = lacks(sys.argv[1])
    if sentence:
        print(sentence, file=sys.stderr)
    return 1 if sentence else 0


if __name__ == "__main__":
    sys.exit(main())
