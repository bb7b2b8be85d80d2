"""The PDF of a usage summary: one or some pages for people, the rest is in the CSV (REQUIREMENTS B4).

WeasyPrint makes it of HTML, in a process of its own (render_pdf.py) that has so much memory and so much time:
a table of ten thousand lines would take gigabytes (Kozea/WeasyPrint#1104), so the PDF has the busiest
subscribers only. Jinja escapes all that people wrote.
"""

import errno
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from usnd.domain.billing.summary.csv_lines import seconds
from usnd.domain.billing.summary.figures import Change, Line, Summary

SHOWN_LINES, SHOWN_CHANGES = 200, 50
LONGEST = 300.0
"""Seconds that the other process may take."""
_PLACE = Path(__file__).parent
_USUAL_HOURS = 24
_SAID = 300
_FIXED = {"SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
"""So that the same HTML gives the same octets: no dates, no order by chance."""


def html(summary: Summary, changes: Sequence[Change], lines: Sequence[Line]) -> str:
    """The pages. changes, lines: those that are shown."""
    return _template().render(
        summary=summary,
        changes=changes,
        lines=lines,
        minutes=_minutes,
        seconds=seconds,
        words=_hours(summary.day.hours),
    )


def render(pages: str) -> bytes:
    """The PDF of HTML. Blocks. Raises OSError, with what to do."""
    command = [sys.executable, "-m", "usnd.services.billing.summary.render_pdf"]
    try:
        done = subprocess.run(  # noqa: S603 # an argument list of our own
            command,
            input=pages.encode(),
            capture_output=True,
            timeout=LONGEST,
            check=False,
            env={**os.environ, **_FIXED},
        )
    except subprocess.TimeoutExpired:
        raise _not_made(f"it took more than {LONGEST:g} s") from None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise _not_made(said[-1][:_SAID] if said else f"it ended with status {done.returncode}")
    return done.stdout


def _not_made(why: str) -> OSError:
    return OSError(errno.EIO, f"the PDF cannot be made: {why}")


@lru_cache(1)
def _template() -> Template:
    loader = FileSystemLoader(_PLACE)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("summary.html")


def _minutes(thousandths: int) -> str:
    """`1,234.5`, rounded to tenths, as is said below the table."""
    tenths = (thousandths + 3_000) // 6_000
    return f"{tenths // 10:,}.{tenths % 10}"


def _hours(hours: float) -> str:
    if hours == _USUAL_HOURS:
        return ""
    way = "forward" if hours < _USUAL_HOURS else "back"
    return f"This day has {hours:g} hours: clocks were set {way}."
