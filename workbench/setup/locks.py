"""Holds a lock of Python packages against what the locked packages ask of each other.

The pip of Debian 12 refuses a lock whose line lacks an extra that another package asks for, `coverage[toml]`,
but only once a newer release than the locked one is out: such a lock works on the day it is made, and not a
month later. Called by the tests of the locks.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Self

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SITE = "lib/*/site-packages"
LINE = re.compile(r"^([A-Za-z0-9][^\\\n]*?)\s*\\$", re.MULTILINE)
Asked = Mapping[str, Sequence[str]]
"""What each installed package asks for, by its name: the lines Requires-Dist of its metadata."""


@dataclass(frozen=True)
class Lock:
    """One file: name → the extras that its line names."""

    extras: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, text: str) -> Self:
        """Of the file's text. A package may have several lines, each for other Pythons."""
        found: dict[str, frozenset[str]] = {}
        for line in LINE.findall(text):
            locked = Requirement(line)
            name = canonicalize_name(locked.name)
            found[name] = frozenset(locked.extras) & found.get(name, frozenset(locked.extras))
        return cls(found)

    def lacking(self, asked: Asked, project: Sequence[str] = ()) -> dict[str, set[str]]:
        """Name → extras that somebody asks for and its line lacks. `project`: what we ask for ourselves."""
        found: dict[str, set[str]] = {}
        wanted = [*project, *(line for name in self.extras for line in self._lines(name, asked))]
        for line in wanted:
            requirement = Requirement(line)
            name = canonicalize_name(requirement.name)
            if name in self.extras and (lacks := requirement.extras - self.extras[name]):
                found.setdefault(name, set()).update(lacks)
        return found

    def _lines(self, name: str, asked: Asked) -> Iterator[str]:
        extras = ("", *self.extras[name])
        for line in asked.get(name, ()):
            if counts(Requirement(line).marker, extras):
                yield line


def counts(marker: Marker | None, extras: Iterable[str]) -> bool:
    """Whether a requirement with this marker counts on any Python that we support, with these extras."""
    return marker is None or any(
        marker.evaluate({"python_version": python, "python_full_version": f"{python}.0", "extra": extra})
        for python in PYTHONS
        for extra in extras
    )


def installed(place: Path | None = None) -> dict[str, list[str]]:
    """What the packages of this Python ask for, or of the environment at `place`."""
    found = distributions() if place is None else distributions(path=list(map(str, place.glob(SITE))))
    return {canonicalize_name(one.metadata["Name"]): list(one.requires or ()) for one in found}
