"""What the tests of the lab do with its two servers, from outside and inside."""

import json
import subprocess
from pathlib import Path

from workbench.lab import __main__ as lab
from workbench.lab import net

ROOT = Path(__file__).parents[2]


def on(node: str, command: str) -> str:
    words = [*lab.ssh_words(), f"root@{net.ADDRESSES[node]}", command]
    done = subprocess.run(net.inside(net.OUTSIDE, *words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def rows(node: str, query: str) -> list[str]:
    """Of the node's database, each as psql writes it."""
    return on(node, f'sudo -u postgres psql -At usn -c "{query}"').splitlines()


def played(playbook: str, *more: str) -> dict[str, dict[str, int]]:
    """How many tasks changed, failed… on each server, in one more run of the playbook."""
    environment = {**lab.environment(), "ANSIBLE_STDOUT_CALLBACK": "json"}
    done = subprocess.run(
        lab.ansible(playbook, *more), cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    stats: dict[str, dict[str, int]] = json.loads(done.stdout[done.stdout.index("{") :])["stats"]
    return stats


def changes_nothing(playbook: str, *more: str) -> None:
    for host, counts in played(playbook, *more).items():
        assert (counts["changed"], counts["failures"], counts["unreachable"]) == (0, 0, 0), host
