"""docs/integrator/provisioning.md does what it says: its blocks are pasted into a shell, its answers come."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from crm.documents import by_lxml
from lxml import etree

from workbench import ROOT
from workbench.parts.crm.node import ProvisioningNode

PAGE = (ROOT / "docs/integrator/provisioning.md").read_text()
NODE = "NODE=usn.example.com:8443\n"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ASKS = re.compile(r"\bask (?:<<|/bulk)")
MARK = "== the next block =="
DOCUMENT = re.compile(r"<(request|bulk)\b.*?</\1>", re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Each block of shell, and the answers that the page shows for it, "" if none."""
    found = [(kind, body) for kind, body in BLOCK.findall(PAGE)]
    assert {kind for kind, _ in found} == {"sh", "xml"}
    told = list[tuple[str, str]]()
    for kind, body in found:
        if kind == "sh":
            told.append((body, ""))
        else:
            assert told[-1][1] == "", "an answer belongs to the block of shell before it"
            told[-1] = (told[-1][0], body)
    return told


def test_every_document_of_the_page_is_by_the_schema() -> None:
    documents = [
        found[0].replace("$change", "17") for body, _ in blocks() for found in DOCUMENT.finditer(body)
    ]
    assert len(documents) > 12
    for document in documents:
        by_lxml().assertValid(etree.fromstring(document))


def plain(xml: str) -> str:
    """Without declarations, and without white space between elements."""
    return re.sub(r">\s+<", "><", re.sub(r"<\?xml.*?\?>", "", xml)).strip()


def as_pattern(shown: str) -> str:
    """`…` stands for what differs each time."""
    return ".*?".join(map(re.escape, re.split(r"\s*…\s*", plain(shown))))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block prints, in one shell, in one directory, one after the other."""
    return asyncio.run(pasted_by_an_integrator(tmp_path_factory.mktemp("crm")))


async def pasted_by_an_integrator(place: Path) -> list[str]:
    async with ProvisioningNode() as node:
        assert PAGE.count(NODE) == 1
        script = f"\necho '{MARK}'\n".join(body for body, _ in blocks())
        script = script.replace(NODE, f"NODE={node.front.address}\n")
        return pasted(script, place, node).split(f"{MARK}\n")


def pasted(script: str, place: Path, node: ProvisioningNode) -> str:
    programs = place / "bin"
    programs.mkdir()
    (programs / "usnd").write_text(f'#!/bin/sh\nexec {sys.executable} -m usnd "$@"\n')
    (programs / "usnd").chmod(0o755)
    environment = {**node.front.environment(), "PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_block_prints_what_the_page_shows(printed: list[str]) -> None:
    told = blocks()
    assert len(printed) == len(told)
    for (body, shown), out in zip(told, printed, strict=True):
        if shown:
            assert re.fullmatch(as_pattern(shown), plain(out), re.DOTALL), f"{body}\n{out}\n{shown}"
    assert all(shown for body, shown in told if ASKS.search(body))


def test_a_repetition_on_the_page_is_the_same_octets(printed: list[str]) -> None:
    first, again = (out for out in printed if 'request="crm-17"' in out and 'code="1000"' in out)
    assert first == again


def answers(out: str) -> Iterator[str]:
    for part in out.split("<?xml")[1:]:
        yield part.partition("?>")[2].strip()


def test_every_answer_is_by_the_schema(printed: list[str]) -> None:
    found = [answer for out in printed for answer in answers(out)]
    assert len(found) == sum(len(ASKS.findall(body)) for body, _ in blocks())
    for answer in found:
        by_lxml().assertValid(etree.fromstring(answer))
