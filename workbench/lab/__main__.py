"""`python -m workbench.lab up | down | shell | site | COMMAND …`: the lab for a person, a test, a console.

Brings the lab up in order, and makes sure that there is one lab a machine. Other commands go to the lab's
keeper (supervisor.py).
"""

import asyncio
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from usnd.domain.pair.states import PairState
from usnd.pair import control
from workbench import ROOT
from workbench.lab import authority, layers, net
from workbench.lab.bare import bare_root, cache, key_pair
from workbench.lab.places import fetched
from workbench.lab.supervisor import SOCKET
from workbench.parts.debian import DebianError, say
from workbench.parts.node_js import NodeError
from workbench.parts.process import PartError
from workbench.release.packages import packages_file
from workbench.release.wheels import ReleaseError, release_file
from workbench.setup import needs
from workbench.setup.progress import ending, wait

TOOLS = needs.LAB
INVENTORY = ROOT / "tests/lab/inventory"
KEEPER_PATIENCE = 60.0
BOOT_PATIENCE = 180.0  # of a machine that has other work, too
DOWN_PATIENCE = 30.0
CONTROL_SOCKET = "/run/usn-arbiter/control"
"""roles/arbiter, arbiter.toml"""


def ask(*words: str, patience: float = 120.0) -> str:
    """The keeper's answer to a command. Raises PartError: no lab is up, or it refuses."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(patience)
        try:
            line.connect(str(SOCKET))
        except OSError as error:
            raise PartError("no lab is up: make lab") from error
        line.sendall(json.dumps(words).encode() + b"\n")
        answer = json.loads(line.makefile().readline() or '{"good": false, "text": "the lab has ended"}')
    if not answer["good"]:
        raise PartError(answer["text"])
    return str(answer["text"])


def ready() -> None:
    """Raises PartError with what to do where a lab cannot be."""
    if sentence := needs.lacks("lab"):
        raise PartError(sentence)


def fetch() -> str:
    """All that a lab is made of, into the cache. Raises PartError, DebianError, NodeError, ReleaseError."""
    ready()
    packages_file()
    release_file()
    fetched(None)
    return "everything that the lab is made of is in the cache"


def up(*, bare: bool) -> str:
    """Brings the lab up, as `site.yml` makes it; `bare`: without finished layers. Raises PartError."""
    ready()
    started = time.monotonic()
    packages, release = packages_file(), release_file()
    authority.made()
    name = layers.key(authority.fingerprint(), bare_root(), packages, release)
    finished = None if bare else layers.finished(name)
    start(finished)
    write_variables(packages, release)
    if finished is None:
        playbook("site")
        if layers.finished(name) is None:
            _finish(name)
    else:
        playbook("certificates")
    serves = "waiting until the pair is in step and bound to the SMSC"
    _wait(lambda: active(states()) is not None and bool(ask("esme")), BOOT_PATIENCE, serves)
    designate(authority.TERMINAL)
    return f"the lab is up after {time.monotonic() - started:.0f} s: make lab-shell, make lab-down"


def designate(name: str) -> None:
    """The terminal of that name may do everything from now on. Raises PartError."""
    node, there = active(states()), f"/run/{name}.pem"
    if node is None:
        raise PartError("no active of a pair that is in step")
    words = f"usnd terminal designate {name} --certificate {there} --operations all --numbers all"
    command = [*ssh_words(), f"root@{net.ADDRESSES[node]}"]
    command.append(f"cat > {there} && sudo -u usnd {words}; done=$?; rm {there}; exit $done")
    certificate = (authority.handed_out(name) / f"{name}.pem").read_bytes()
    done = subprocess.run(
        net.inside(net.OUTSIDE, *command), input=certificate, capture_output=True, check=False
    )
    if done.returncode:
        raise PartError(f"{words}: {(done.stdout + done.stderr).decode()}")


def states() -> dict[str, str]:
    """What each server's arbiter says that it is; empty where none answers."""
    return {node: _state(node) for node in net.ADDRESSES}


def _state(node: str) -> str:
    return str(status(node).get("state", ""))


def status(node: str) -> dict[str, Any]:
    """What its arbiter says; empty where none answers.

    Asked over the arbiter's own socket: a command in the server takes half a second of a processor.
    """
    try:
        control_socket = Path(f"/proc/{ask('system', node)}/root{CONTROL_SOCKET}")
        return asyncio.run(control.ask(control_socket, {}))
    except (PartError, control.NoArbiter):
        return {}


def active(found: Mapping[str, str]) -> str | None:
    """Which of these states is the active's, of a pair in step: the other has all and can take over."""
    servers = {state: node for node, state in found.items()}
    return servers.get(PairState.ACTIVE_PAIRED.value) if PairState.STANDBY.value in servers else None


def start(finished: Path | None) -> None:
    """The keeper with everything below it, until both nodes take ssh."""
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if SOCKET.exists():
            try:
                ask("status")
            except PartError:
                SOCKET.unlink()
            else:
                raise PartError("a lab is up already on this machine: make lab-down")
        places = fetched(finished)  # before the namespaces: nothing leaves them
        net.build()
        words = [sys.executable, "-m", "workbench.lab.supervisor", places.as_json()]
        with _log().open("w") as log:
            command = ["setsid", "--fork", *net.inside(net.OUTSIDE, *words)]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT)
        say(f"booting two {'finished' if finished else 'bare'} servers; the lab's log is {_log()}")
        _wait(SOCKET.exists, KEEPER_PATIENCE, "starting the SMSC, the mobile switch and the consoles")
        _wait(lambda: all(map(_takes_ssh, net.ADDRESSES.values())), BOOT_PATIENCE, "waiting for ssh to both")


def _log() -> Path:
    """What the process that holds the lab says."""
    return cache() / f"keeper{net.LAB}.log"


def _wait(condition: Callable[[], bool], patience: float, what: str) -> None:
    if not wait(condition, patience, what):
        raise PartError(f"the lab did not come up: {what} took more than {patience:g} s:\n{ending(_log())}")


def _takes_ssh(address: str) -> bool:
    words = [*ssh_words(), "-o", "ConnectTimeout=2", f"root@{address}", "true"]
    done = subprocess.run(net.inside(net.OUTSIDE, *words), check=False, capture_output=True)
    return done.returncode == 0


def ssh_words() -> list[str]:
    """Ssh to the nodes, which are new each time."""
    return [
        "ssh",
        "-i",
        str(key_pair()),
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "LogLevel=ERROR",
    ]


def variables() -> Path:
    """The file with what only this lab knows: secrets, places of files, the port of the trunk."""
    return cache() / f"lab{net.LAB}.json"


def write_variables(packages: Path, release: Path) -> None:
    """For the playbooks, beside the lab's inventory; and the authority's list of today."""
    words = ssh_words()
    tls = authority.made()
    authority.ca("crl")
    given = {
        **layers.lab_secrets(),
        "base_packages_file": str(packages),
        "usnd_release_file": str(release),
        "lab_tls": str(tls),
        "lab_trunk_port": int(ask("trunk")),
        "ansible_ssh_private_key_file": words[2],
        "ansible_ssh_common_args": " ".join(words[3:]),
        "base_ssh_keys": [key_pair().with_suffix(".pub").read_text().strip()],
    }
    variables().touch(mode=0o600)
    variables().write_text(json.dumps(given))


def ansible(playbook_name: str, *more: str) -> list[str]:
    """The command words that run one of the project's playbooks on the lab, from its control address."""
    program = str(Path(sys.executable).parent / "ansible-playbook")
    words = [program, "-i", str(INVENTORY), "-e", f"@{variables()}"]
    return net.inside(net.OUTSIDE, *words, str(ROOT / "playbooks" / f"{playbook_name}.yml"), *more)


def curl_options(name: str = authority.TERMINAL) -> list[str]:
    """For curl: whom it believes, and as which terminal it comes."""
    place = authority.handed_out(name)
    words = ["--cacert", place / "ca.pem", "--cert", place / f"{name}.pem", "--key", place / f"{name}.key"]
    return list(map(str, words))


def environment() -> dict[str, str]:
    """For Ansible: its settings, and where its ssh connections are, so that they end with the lab."""
    place = cache() / f"ssh{net.LAB}"
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(place),
        "ANSIBLE_INVENTORY": str(INVENTORY),
        "LAB": str(variables()),
        "CRM": " ".join(curl_options()),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def _hang_up() -> None:
    """Ends the ssh connections that wait to be used again: the next lab's servers are others."""
    for master in (cache() / f"ssh{net.LAB}").glob("*"):
        words = ["ssh", "-o", f"ControlPath={master}", "-O", "exit", "lab"]
        subprocess.run(words, check=False, capture_output=True)


def playbook(name: str, *more: str) -> None:
    """Runs it, its words on the terminal. Raises PartError when it fails."""
    done = subprocess.run(ansible(name, *more), check=False, cwd=ROOT, env=environment())
    if done.returncode:
        raise PartError(f"{name}.yml failed on the lab, which is left up for a look")


def _finish(name: str) -> None:
    """Keeps what was made for the next lab, and goes on with it as that one will."""
    say("shutting both servers down, to keep what was made for the next lab")
    for node in ("b", "a"):  # in maintenance neither switches the other on again
        words = [*ssh_words(), f"root@{net.ADDRESSES[node]}", "usnd pair maintenance on; sleep 2"]
        subprocess.run(net.inside(net.OUTSIDE, *words), check=True, capture_output=True)
    for node in net.ADDRESSES:
        ask("power", node, "shut-down")
    down()
    start(layers.keep(name, {node: cache() / f"run{net.LAB}" / node / "upper" for node in net.ADDRESSES}))


def down() -> str:
    """Ends the lab and removes its cables."""
    _hang_up()
    try:
        ask("down")
        deadline = time.monotonic() + DOWN_PATIENCE
        while SOCKET.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    except PartError:
        pass
    net.remove()
    return "the lab is down"


def shell() -> str:
    """A shell at the control address, with `ansible-playbook` ready for the lab."""
    ask("status")
    print("for example: ansible-playbook -e @$LAB playbooks/status.yml; ssh root@192.0.2.213")
    print(f"provisioning: curl $CRM https://{net.FLOATING}:8443/provisioning/v1/schema")
    told = {**environment(), "PS1": "usn lab \\w # "}
    subprocess.run(net.inside(net.OUTSIDE, "bash", "--norc"), check=False, cwd=ROOT, env=told)
    return "the lab is still up: make lab-down"


def button(node: str, do: str, what: str, value: str = "") -> str:
    """What ipmi_sim asks of a chassis: `get power` gives power:0 or 1, `set power 0|1`, `set reset 1`."""
    if do == "get":
        return f"{what}:{int(ask('power', node) == 'on')}" if what == "power" else f"{what}:0"
    if what == "power":
        ask("power", node, "on" if value == "1" else "off")
    elif what == "reset":
        ask("power", node, "off")
        ask("power", node, "on")
    return ""


def carry_out(words: list[str]) -> str:
    """What there is to print. Raises PartError, DebianError, NodeError, ReleaseError."""
    if words[:1] == ["up"]:
        return up(bare="--bare" in words)
    if words[:1] == ["button"]:
        return button(*words[1:5])
    if words == ["fetch"]:
        return fetch()
    if words == ["down"]:
        return down()
    if words == ["shell"]:
        return shell()
    if words[:1] == ["play"]:
        playbook(*words[1:])
        return ""
    return ask(*words)


def main() -> int:
    """The exit status."""
    try:
        print(carry_out(sys.argv[1:] or ["status"]))
    except (PartError, DebianError, NodeError, ReleaseError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; make lab-down ends what is up", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
