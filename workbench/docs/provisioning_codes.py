"""Writes docs/integrator/provisioning-codes.md from the catalogue of codes: `python -m
workbench.docs.provisioning_codes`.
"""

from collections.abc import Iterator

from usnd.domain.provisioning.codes import CATALOGUE, CodeEntry
from workbench import ROOT

PAGE = ROOT / "docs/integrator/provisioning-codes.md"
HEAD = """# The codes of provisioning

Written from `usnd/domain/provisioning/codes.py` by `make pages`; do not edit.

Each answer of the node has one: `<result code="2200">`, and each row and summary of a bulk. Decide by the
number. Numbers and names are for ever; the text may become clearer. [provisioning.md](provisioning.md) says
how requests are made and repeated.
"""
FAMILIES = {
    10: "It is done",
    13: "Answers to a poll",
    20: "The request cannot be read",
    21: "Whoever asks may not",
    22: "It does not fit what is stored",
    23: "The request id says more",
    24: "How it came",
    25: "The service",
}
"""By the first two digits."""


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join((HEAD, *(line for family in FAMILIES for line in _family(family))))


def _family(family: int) -> Iterator[str]:
    yield f"## {family}xx: {FAMILIES[family]}"
    yield "| code | name | HTTP | it says | what to do |"
    yield "|---|---|---|---|---|"
    yield from (_row(entry) for entry in CATALOGUE.values() if entry.code // 100 == family)
    yield ""


def _row(entry: CodeEntry) -> str:
    return f"| {int(entry.code)} | {entry.name} | {entry.status} | {entry.text} | {entry.remedy} |"


if __name__ == "__main__":
    PAGE.write_text(page())
