"""Proves what the depot and the lab do with what was made before, and that nothing of them rests on luck."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from workbench.lab import __main__ as lab
from workbench.lab import bare
from workbench.lab.places import Places
from workbench.parts import debian
from workbench.parts.debian import DONE, DebianError
from workbench.parts.node_js import NodeError
from workbench.release import asterisk_deb, packages, wheels

WEEK = bare.FRESH_SECONDS
Told = list[str]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(debian.MIRROR_VARIABLE, "mirror:")
    return tmp_path / "usn"


def no_mirror(*_: object, **__: object) -> str:
    raise DebianError("the mirror does not answer")


def built(version: str, at: float) -> Path:
    place = asterisk_deb.cache() / version
    place.mkdir()
    (place / DONE).touch()
    os.utime(place / DONE, (at, at))
    return place


def test_without_a_mirror_the_asterisk_that_was_built_last_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asterisk_deb, "newest_version", no_mirror)
    with pytest.raises(DebianError, match="does not answer"):
        asterisk_deb.asterisk_debs(lambda _: None)
    built("1-22.9", 1000)
    last = built("1-22.10", 2000)
    (asterisk_deb.cache() / "1-22.11").mkdir()  # half of one
    told: Told = []
    assert asterisk_deb.asterisk_debs(told.append) == last
    assert told == ["going on with Asterisk 1-22.10, built before: the mirror does not answer"]


def test_a_newest_asterisk_that_does_not_build_leaves_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asterisk_deb, "newest_version", lambda: "1-23.0")
    monkeypatch.setattr(asterisk_deb, "_build", no_mirror)
    last = built("1-22.10", 2000)
    told: Told = []
    assert asterisk_deb.asterisk_debs(told.append) == last
    assert told[0].endswith(f"its log is {asterisk_deb.cache()}/1-23.0.log")
    assert not (asterisk_deb.cache() / "1-23.0").exists()


def test_without_a_mirror_the_packages_of_an_earlier_week_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    made = built("1-22.10", 2000)
    monkeypatch.setattr(packages, "asterisk_debs", lambda _report: made)
    monkeypatch.setattr(packages, "_fill", lambda *_: None)
    target = packages.packages_file(lambda _: None)
    monkeypatch.setattr(packages, "_fill", no_mirror)
    later = target.stat().st_mtime + 2 * WEEK
    told: Told = []
    assert packages.packages_file(told.append, lambda: later) == target
    assert told == [
        f"going on with the packages of an earlier week, {target.name}: the mirror does not answer"
    ]


def makes(packages: str) -> Callable[..., int]:
    """A mmdebstrap whose system has these packages."""

    def follow(command: Sequence[str], *_: object, **__: object) -> int:
        root = Path(command[-2])
        for place in ("etc/apt", "var/lib/dpkg"):
            (root / place).mkdir(parents=True)
        (root / "var/lib/dpkg/status").write_text(packages)
        return 0

    return follow


def test_a_bare_system_with_other_packages_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that was made on the one would have files of the other below it."""
    monkeypatch.setattr(bare.shutil, "which", lambda _program: "/usr/bin/true")
    now = 0.0
    monkeypatch.setattr(bare, "follow", makes("libc6 1"))
    first = bare.bare_root(lambda _: None)
    now = first.with_name(f"{first.name}.complete").stat().st_mtime
    assert bare.bare_root(no_mirror, lambda: now + 1) == first, "nobody is asked within a week"
    assert bare.bare_root(lambda _: None, lambda: now + 2 * WEEK) == first, "nothing new"
    monkeypatch.setattr(bare, "follow", makes("libc6 2"))
    second = bare.bare_root(lambda _: None, lambda: now + 4 * WEEK)
    assert second != first
    assert (first / "var/lib/dpkg/status").read_text() == "libc6 1", "a lab may run on it"
    monkeypatch.setattr(bare, "follow", lambda *_, **__: 1)
    told: Told = []
    assert bare.bare_root(told.append, lambda: now + 9 * WEEK) == second
    assert told[1].startswith(
        f"going on with the bare system of an earlier week, {second.name}: mmdebstrap failed"
    )


def test_a_release_is_built_with_what_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pip wheel` would else fetch the newest setuptools, whatever that is by then."""
    asked: list[list[str]] = []

    def follow(command: Sequence[str], log: Path, *_: object, **__: object) -> int:
        asked.append(list(command))
        if "--dest" in command:
            Path(command[-1]).mkdir(parents=True)
        return 0

    monkeypatch.setattr(wheels, "follow", follow)
    assert wheels.release_file(lambda _: None).exists()
    downloads, builds = asked
    assert "--require-hashes" in downloads
    assert "--no-build-isolation" in builds


def test_all_is_fetched_before_the_lab_closes_its_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nothing is in the cache: a registry that does not answer says so while a person can help."""
    done: list[str] = []

    def fetched(_finished: Path | None) -> Places:
        done.append("fetched")
        raise NodeError("the registry does not answer")

    monkeypatch.setattr(lab, "SOCKET", tmp_path / "lab.sock")
    monkeypatch.setattr(lab, "fetched", fetched)
    monkeypatch.setattr(lab.net, "build", lambda: done.append("closed"))
    with pytest.raises(NodeError):
        lab.start(None)
    assert done == ["fetched"]


def test_the_lab_s_places_reach_the_process_inside() -> None:
    for finished in (None, Path("/layers/key")):
        places = Places(Path("/bare"), Path("/asterisk"), Path("/npm"), finished)
        assert Places.from_json(places.as_json()) == places
