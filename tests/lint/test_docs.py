"""Holds the papers and the benchmarks against the code, where they repeat what the code decides."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from usnd.config import sections
from usnd.config.billing import CdrDestinationConfig, SummaryDestinationConfig
from usnd.config.load import parse
from usnd.config.trunks import RouteConfig, TrunkConfig
from usnd.pair import ability
from usnd.pair import config as pair_config
from usnd.web import config as web_config
from workbench.bench.rtp_streams import AT_ONCE_MS
from workbench.docs.portal_pictures import FOLDER, PICTURES, WINDOWS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operator/configuration.md").read_text()
MANUAL = ROOT / "docs/subscriber/README.md"
MOST_OCTETS = 2_000_000
"""Of all pictures of the manual."""
LISTS = ("smsc", "trunk", "route", "cdr_destination", "summary_destination")
EXAMPLE = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def section_types() -> dict[str, Any]:
    hints = {field.name: field.type for field in msgspec.structs.fields(sections.Config)}
    hints |= {"smsc": sections.SmscConfig, "trunk": TrunkConfig, "route": RouteConfig}
    hints["cdr_destination"] = CdrDestinationConfig
    hints["summary_destination"] = SummaryDestinationConfig
    return hints


def test_the_configuration_page_is_a_configuration() -> None:
    assert EXAMPLE is not None
    parse(EXAMPLE[1])


def test_the_configuration_page_names_every_key_with_its_default() -> None:
    assert EXAMPLE is not None
    shown = tomllib.loads(EXAMPLE[1])
    shown |= {name: shown[name][0] for name in LISTS}
    for name, section in section_types().items():
        fields = {field.name: field for field in msgspec.structs.fields(section)}
        assert set(shown[name]) == set(fields), f"[{name}]"
        for key, field in fields.items():
            if field.default not in (msgspec.NODEFAULT, None):
                assert as_told(field.default) == shown[name][key], f"{name}.{key}"


def test_the_arbiters_page_is_a_configuration_with_every_key_and_default(tmp_path: Path) -> None:
    page = re.search(r"```toml\n(.*?)```", (ROOT / "docs/operator/arbiter.md").read_text(), re.DOTALL)
    assert page is not None
    example = tmp_path / "arbiter.toml"
    example.write_text(page[1])
    pair_config.load(example)
    shown = tomllib.loads(page[1])
    sections = {
        "": (pair_config.PairConfig, shown),
        "paths": (pair_config.PathConfig, shown["paths"][0]),
        "database": (pair_config.DatabaseConfig, shown["database"]),
        "fencing": (pair_config.FencingConfig, shown["fencing"]),
        "network": (pair_config.NetworkConfig, shown["network"]),
        "service": (pair_config.ServiceConfig, shown["service"]),
        "times": (pair_config.TimesConfig, shown["times"]),
    }
    for name, (section, told) in sections.items():
        fields = {field.name: field for field in msgspec.structs.fields(section)}
        assert set(told) == set(fields), f"[{name}]"
        for key, field in fields.items():
            if isinstance(field.default, str | int | float | tuple | Path):
                assert as_told(field.default) == told[key], f"{name}.{key}"


def test_the_configuration_page_has_every_key_and_default_of_the_site(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(\[web\]\n.*?)```", PAGE, re.DOTALL)
    (tmp_path / "web.toml").write_text(example)
    web_config.load(tmp_path / "web.toml")
    shown = tomllib.loads(example)
    for name, section in (("web", web_config.WebSection), ("log", sections.LogConfig)):
        fields = {field.name: field for field in msgspec.structs.fields(section)}
        assert set(shown[name]) == set(fields), f"[{name}]"
        for key, field in fields.items():
            if field.default not in (msgspec.NODEFAULT, None):
                assert as_told(field.default) == shown[name][key], f"{name}.{key}"


def test_each_part_that_a_standby_tries_has_its_sentence() -> None:
    template = (ROOT / "roles/arbiter/templates/arbiter.toml.j2").read_text()
    able = re.search(r"^\[service\.able\]\n(.*?)\n\n", template, re.DOTALL | re.MULTILINE)
    defaults = (ROOT / "roles/arbiter/defaults/main.yml").read_text()
    proofs = re.search(r"^arbiter_proofs:\n((?:  .*\n)+)", defaults, re.MULTILINE)
    assert able is not None
    assert proofs is not None
    tried = {(ability.ABLE, name) for name in re.findall(r"^(\w+) =", able[1], re.MULTILINE)}
    tried |= {(ability.PROOFS, name) for name in re.findall(r"^  (\w+):", proofs[1], re.MULTILINE)}
    assert tried == set(ability.SENTENCES)


def as_told(default: Any) -> Any:
    """A default as TOML writes it."""
    if isinstance(default, tuple):
        return [as_told(one) for one in default]
    return str(default) if isinstance(default, Path) else default


def test_every_page_is_reached_from_the_readme() -> None:
    pages = {path for path in (ROOT / "docs").rglob("*.md") if "decisions" not in path.parts}
    told = {ROOT / "README.md", ROOT / "ARCHITECTURE.md"}
    reached: set[Path] = set()
    while told:
        page = told.pop()
        reached.add(page)
        for target in re.findall(r"\]\(([^)#]+\.md)\)", page.read_text()):
            linked = (page.parent / target).resolve()
            assert linked.exists(), f"{page.name} links to {target}"
            told |= {linked} - reached
    assert pages <= reached


def test_a_benchmark_s_listener_plays_what_a_room_sends_at_once() -> None:
    conf = (ROOT / "usnd/asterisk/conf/confbridge-usn.conf").read_text()
    assert re.findall(r"^mixing_interval = (\d+)$", conf, re.MULTILINE) == [f"{AT_ONCE_MS:g}"]


def test_the_manual_shows_each_picture_and_no_other() -> None:
    there = {path.name for path in FOLDER.iterdir()}
    shown = set(re.findall(r"\(pictures/([\w.-]+)\)", MANUAL.read_text()))
    taken = {f"{one.name}-{window}.webp" for one in PICTURES if one.in_manual for window in WINDOWS}
    assert shown == there == taken


def test_all_of_them_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_OCTETS
