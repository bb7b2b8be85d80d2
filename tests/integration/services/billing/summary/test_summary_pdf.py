"""The PDF: of the same summary the same octets, of any name a page, and never more than some pages."""

import dataclasses
import re
import zlib
from pathlib import Path

import pytest
from msgspec.structs import replace

from usnd.domain.billing.summary.figures import Line, Usage
from usnd.services.billing.summary import pdf
from usnd.services.billing.summary.pdf import html, render
from workbench.docs.summary_samples import ALICE, BOB, CHANGES, SUMMARY
from workbench.release.pdf_libraries import environment

NAMES = (
    "عبد الله",
    "שלום כהן",
    "می‌روم",
    "王小明",
    "Ærøskøbing",
    "<script>alert(1)</script>",
    "=1+1",
    "\\x00",
)


@pytest.fixture(autouse=True)
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that the role installs, of this machine's release."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)


def test_the_same_summary_gives_the_same_octets() -> None:
    pages = html(SUMMARY, CHANGES, [ALICE, BOB])
    first = render(pages)
    assert first == render(pages)
    assert b"/CreationDate" not in first


def test_what_people_wrote_is_shown_and_does_nothing() -> None:
    lines = [replace(BOB, subscriber=nth, name=name) for nth, name in enumerate(NAMES)]
    pages = html(SUMMARY, CHANGES, lines)
    assert "<script>" not in pages
    assert "&lt;script&gt;" in pages
    made = render(pages)
    assert fonts_of(made) >= {"DejaVu-Sans", "Droid-Sans-Fallback"}


def test_nothing_is_loaded_from_anywhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")
    made = render(f'<p>A<img src="file://{secret}"><link rel="stylesheet" href="file://{secret}">')
    assert b"hush" not in made
    assert made.startswith(b"%PDF-")


def test_ten_thousand_subscribers_are_some_pages() -> None:
    lines = [Line(nth, f"+4477009{nth:05}", f"Bob {nth}", Usage(1, 0, 2, 2, 0, nth)) for nth in range(10_000)]
    shown = lines[: pdf.SHOWN_LINES]
    summary = dataclasses.replace(SUMMARY, figures=replace(SUMMARY.figures, lines=10_000))
    made = html(summary, CHANGES, shown)
    assert "All 10000 are in the CSV file of this day." in made
    assert pages_of(render(made)) < 15


@pytest.mark.parametrize(("day_hours", "said"), [(23, "clocks were set forward"), (24, ""), (25, "set back")])
def test_a_day_of_another_length_says_so(day_hours: float, said: str) -> None:
    assert said in pdf._hours(day_hours)
    assert bool(said) == bool(pdf._hours(day_hours))


def test_what_went_wrong_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf.sys, "executable", "/bin/false")
    with pytest.raises(OSError, match="the PDF cannot be made: it ended with status 1"):
        render("<p>A")
    monkeypatch.setattr(pdf, "LONGEST", 0.0)
    monkeypatch.setattr(pdf.sys, "executable", "/bin/cat")
    with pytest.raises(OSError, match="the PDF cannot be made"):
        render("<p>A")


def streams(made: bytes) -> list[bytes]:
    """What is compressed in it, readable."""
    found = [made]
    for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            continue
    return found


def fonts_of(made: bytes) -> set[str]:
    names = re.findall(rb"/FontName ?/[A-Z]+\+([\w-]+)", b"\n".join(streams(made)))
    return {name.decode() for name in names}


def pages_of(made: bytes) -> int:
    return len(re.findall(rb"/Type ?/Page\b(?!s)", b"\n".join(streams(made))))
