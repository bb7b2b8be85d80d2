"""Writes docs/operator/alarms.md from the catalogue of alarms: `python -m workbench.docs.alarms`."""

from collections.abc import Sequence

from usnd.domain.alarms.catalogue import CATALOGUE, AlarmKind
from usnd.domain.pair.alarm_catalogue import PAIR_CATALOGUE
from workbench import ROOT

PAGE = ROOT / "docs/operator/alarms.md"
HEAD = """# Alarms

Written from `usnd/domain/alarms/catalogue.py` and `usnd/domain/pair/alarm_catalogue.py` by
`make pages`; do not edit.

`usnd alarms` lists what is raised on this node, since when, and what to do; `--history` also the last
thousand that are over, `--json` every field. It works while usnd is stopped, too: then it shows what was
raised when usnd last ran. A restart clears nothing: an alarm is over when usnd has looked and found it so.
Numbers and names never change. The pair's alarms are shown by `usnd pair status`, on each server its own.

In the journal each is one line when it is raised (`alarm raised: …`) and one when it is over
(`alarm cleared: …`), with `smsc=` or `trunk=` and what was seen. `journalctl -u usnd -p err` finds those of
severity critical, major and minor.

| severity | means |
|---|---|
| critical | no service |
| major | less service, or somebody attacks: act now |
| minor | act soon |
| warning | look at it by day |
"""


OF_THE_PAIR = """# Alarms of the pair

Raised by the arbiter of each server, also where usnd is stopped: `usnd pair status`,
`journalctl -u usn-arbiter`.
"""


def page() -> str:
    """The whole page, as Markdown."""
    pair = tuple(PAIR_CATALOGUE.values())
    return "\n".join((HEAD, *_listed(CATALOGUE), OF_THE_PAIR, *_listed(pair)))


def _listed(kinds: Sequence[AlarmKind]) -> tuple[str, ...]:
    table = ("| number | name | severity | object | says |", "|---|---|---|---|---|", *map(_row, kinds))
    return (*table, "", *map(_section, kinds))


def _row(kind: AlarmKind) -> str:
    link = f"[`{kind.name}`](#{kind.name})"
    return f"| {kind.number} | {link} | {kind.severity.value} | {kind.object.value} | {kind.says} |"


def _section(kind: AlarmKind) -> str:
    return (
        f"## {kind.name}\n"
        f"`{kind.says}` · {kind.severity.value} · probable cause (X.733): {kind.cause}\n\n{kind.remedy}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page())
