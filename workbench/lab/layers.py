"""What the lab keeps between runs: its secrets, and the nodes' file systems as `site.yml` made them.

Called by the lab's commands and supervisor.py. Finished file systems are found by a key made from everything
that `site.yml` makes them from.
"""

import hashlib
import json
import secrets
import shutil
from pathlib import Path

from workbench import ROOT
from workbench.lab.bare import cache

SOURCES = ("roles", "playbooks", "tests/lab/inventory")
SECRETS = {
    "arbiter_secret": 8,
    "asterisk_manager_secret": 8,
    "lab_console_password": 8,  # IPMI: at most 20 octets
    "postgresql_replication_password": 8,
    "usnd_credential_key": 32,
}
"""Each with its octets, written as two digits each."""
MOST_KEPT = 3


def lab_secrets() -> dict[str, str]:
    """The lab's passwords, made once: a finished file system has them in it."""
    path = cache() / "secrets.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    if missing := set(SECRETS) - set(known):
        known |= {name: secrets.token_hex(SECRETS[name]) for name in missing}
        path.touch(mode=0o600)
        path.write_text(json.dumps(known))
    return {name: str(known[name]) for name in SECRETS}


def key(authority: str, *made_from: Path) -> str:
    """Of the playbooks' contents, the authority's fingerprint, and the names of what they install, which
    carry their own keys.
    """
    digest = hashlib.sha256("\n".join([authority, *(path.name for path in made_from)]).encode())
    digest.update(json.dumps(lab_secrets(), sort_keys=True).encode())
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*")):
            if path.is_file() and "molecule" not in path.parts:
                digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def finished(name: str) -> Path | None:
    """The directory with a finished layer for each node, if there is one."""
    place = cache() / "layers" / name
    return place if place.is_dir() else None


def keep(name: str, upper: dict[str, Path]) -> Path:
    """Moves the nodes' layers, which must be switched off, to the finished ones; drops the oldest."""
    place = cache() / "layers" / name
    partial = place.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for node, layer in upper.items():
        layer.rename(partial / node)
    partial.rename(place)
    kept = sorted((path for path in place.parent.iterdir()), key=lambda path: path.stat().st_mtime)
    for old in kept[:-MOST_KEPT]:
        shutil.rmtree(old)
    return place
