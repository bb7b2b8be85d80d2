"""Proves that tests run on the Asterisk configuration that a node has: there is one source of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.parts.voice.asterisk import CONF, CONTRACT

ROLE = Path(__file__).parents[4] / "roles" / "asterisk" / "templates"
PLACE = re.compile(r"\{\{.*?\}\}|\$\{?\w+\}?")
"""What is filled in where it is used: of a node, or of a test."""
OWN = {
    "asterisk.conf": {"verbose", "systemname"} | {f"ast{name}dir" for name in
        ("etc", "mod", "varlib", "db", "key", "data", "agi", "spool", "run", "log", "sbin")},
    "manager.conf": {"port", "secret"},
    "rtp.conf": {"rtpstart", "rtpend"},
}  # fmt: skip
"""What a place must say for itself."""


def options(path: Path, section: str = "") -> Iterator[tuple[str, str, str]]:
    """Section, key and value of each line, included files too."""
    for line in path.read_text().splitlines():
        text = line.partition(";")[0].strip()
        if included := re.match(r'#include "[^"]*/([a-z-]+\.conf)"', text):
            yield from options(CONTRACT / included[1], section)
        elif named := re.match(r"\[(\w+)\]", text):
            section = named[1]
        elif "=" in text:
            key, _, value = text.partition("=")
            yield section, key.strip(), PLACE.sub("…", value.removeprefix(">").strip())


def shared(path: Path, name: str) -> list[tuple[str, str, str]]:
    """Without what a place says for itself, and what is for the tests alone."""
    return sorted(
        (section, key, value)
        for section, key, value in options(path)
        if key not in OWN.get(name, set()) and section != "workbench"
    )


@pytest.mark.parametrize("name", ["asterisk.conf", "cdr.conf", "manager.conf", "modules.conf", "rtp.conf"])
def test_a_node_and_a_test_have_the_same_options(name: str) -> None:
    folder = "node" if (CONF / "node" / name).exists() else "asterisk"
    tested, shipped = shared(CONF / folder / name, name), shared(ROLE / f"{name}.j2", name)
    extra = [one for one in tested if one not in shipped]
    assert [one for one in shipped if one not in tested] == []
    assert all(name == "modules.conf" and value in FOR_TESTS for _, _, value in extra)
    assert shipped


FOR_TESTS = {"codec_opus_open_source.so", "res_format_attr_opus.so"}


@pytest.mark.parametrize("name", ["confbridge", "extensions"])
def test_dialplan_and_rooms_are_the_contract_s_alone(name: str) -> None:
    text = (ROLE / f"{name}.conf.j2").read_text()
    assert re.findall(r'#include ".*/([a-z-]+\.conf)"', text) == [f"{name}-usn.conf"]
    assert "=" not in text


def test_no_address_but_the_learned_one_may_send_speech() -> None:
    assert ("general", "strictrtp", "yes") in set(options(CONF / "node" / "rtp.conf"))


@pytest.mark.parametrize(
    "word", ["features", "parking", "pickup", "app_dial", "app_originate", "transfer", "queue"]
)
def test_nothing_is_loaded_that_moves_a_call(word: str) -> None:
    loaded = [value for _, key, value in options(CONTRACT / "modules-usn.conf") if key == "load"]
    assert [module for module in loaded if word in module] == []
