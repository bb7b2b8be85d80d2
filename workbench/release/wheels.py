"""A release of `usnd` as one file: its wheel and those it needs, for the Python of a node, with their hashes.

The file is named `usnd-<version>-<key>.tar`. What the lock does not name is not taken in. Beside the wheels
there is `sections.json`: the sections of usnd.toml that this release reads, by which role usnd writes it; and
`videos`, the portal's training videos, where they were recorded.
"""

import hashlib
import io
import json
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from usnd.config.sections import Config
from workbench import ROOT
from workbench.parts import debian
from workbench.release import videos
from workbench.setup.progress import ending, follow

LOCK = ROOT / "requirements.txt"
SECTIONS = "sections.json"
"""In the release's directory; role usnd reads it there."""
NODE_PYTHON = "3.13"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
SOURCES = ("pyproject.toml", "README.md", "requirements.txt", "usnd/**/*")
Report = Callable[[str], None]


class ReleaseError(Exception):
    """The release could not be made; the text ends with what pip said."""


def release_file(report: Report = debian.say) -> Path:
    """The tar file of the release in this tree, made when the sources have changed. Raises ReleaseError."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    films = videos.current(report)
    target = debian.cache_root().with_name("depot") / f"usnd-{version}-{key(films)}.tar"
    if target.exists():
        return target
    report(f"building {target.stem}")
    wheels = _requirements(report)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=target.parent) as scratch:
        own = Path(scratch) / "wheels"
        # With the locked setuptools of this environment: an isolated build would fetch the newest.
        _pip(report, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(own), str(ROOT))
        partial = Path(scratch) / target.name
        with tarfile.open(partial, "w") as tar:
            for wheel in sorted([*wheels.glob("*.whl"), *own.glob("*.whl")]):
                tar.add(wheel, f"wheels/{wheel.name}")
            tar.add(LOCK, "requirements.txt")
            for film in films:
                tar.add(film, f"videos/{film.name}")
            _add_sections(tar)
        partial.rename(target)
    return target


def _add_sections(tar: tarfile.TarFile) -> None:
    octets = json.dumps(Config.__struct_fields__).encode()
    entry = tarfile.TarInfo(SECTIONS)
    entry.size, entry.mode = len(octets), 0o644
    tar.addfile(entry, io.BytesIO(octets))


def key(films: Sequence[Path] = ()) -> str:
    """Of the contents of sources and videos: another key is another release."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(ROOT)}\n".encode())
                digest.update(path.read_bytes())
    for film in films:
        digest.update(f"{film.name}\n".encode())
        digest.update(film.read_bytes())
    return digest.hexdigest()[:10]


def _requirements(report: Report) -> Path:
    """The directory with the wheels that the lock names, for the node's Python."""
    name = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:10]
    place = debian.cache_root().with_name("depot") / f"wheels-{name}"
    if (place / debian.DONE).exists():
        return place
    wanted = ["--python-version", NODE_PYTHON, "--implementation", "cp", "--only-binary=:all:"]
    for platform in PLATFORMS:
        wanted += ["--platform", platform]
    more = ["--no-deps", "--require-hashes", *wanted, "-r", str(LOCK), "--dest", str(place)]
    _pip(report, "download", *more)
    (place / debian.DONE).touch()
    return place


def _pip(report: Report, *arguments: str) -> None:
    log = debian.cache_root().with_name("depot") / f"pip-{arguments[0]}.log"
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    if follow(command, log, f"pip {arguments[0]}", report=report):
        raise ReleaseError(f"pip {arguments[0]} failed:\n{ending(log)}")
