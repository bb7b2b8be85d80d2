"""Charts as SVG: rows become a picture, made on the server, without a script and without a style in it.

Pages put one beside the table of the same rows; colours are those of static/portal.css, light and dark. What
people wrote is escaped. Sizes are in units of the picture, which is as wide as there is room.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LINE = 320, 16
_COLUMNS_HEIGHT, _COLUMNS_TOP = 140, 24
_FILLED = 0.8
"""Of the room that a column has."""
_BAR, _BAR_STEP = 10, 34
_LONGEST_LABEL = 30
"""Characters that fit beside the value; the table has all of it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """label: of what. value: how long it is, from 0. said: the value in words."""

    label: str
    value: float
    said: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, as it stands in a page."""

    svg: str

    def __html__(self) -> str:
        """For templates: it is escaped already."""
        return self.svg


def columns(name: str, title: str, bars: Sequence[Bar], most_said: str) -> Chart:
    """Columns side by side, the first and the last with its label. name: an id of the page's own.

    most_said: in words, the value of the highest one. At least one bar.
    """
    bottom = _COLUMNS_TOP + _COLUMNS_HEIGHT
    parts = [
        *(f'<line class="rule" x1="0" y1="{y}" x2="{_WIDTH}" y2="{y}"/>' for y in (_COLUMNS_TOP, bottom)),
        *_columns(bars),
        _text(0, _COLUMNS_TOP - 6, most_said),
        _text(0, bottom + _LINE, bars[0].label),
    ]
    if len(bars) > 1:
        parts.append(_text(_WIDTH, bottom + _LINE, bars[-1].label, "end"))
    return _chart(name, title, bottom + _LINE + 8, parts)


def lines(name: str, title: str, bars: Sequence[Bar]) -> Chart:
    """Bars one below the other, each with its label and its value in words. At least one bar."""
    most = max(bar.value for bar in bars)
    parts = [part for nth, bar in enumerate(bars) for part in _line(nth, bar, most)]
    return _chart(name, title, len(bars) * _BAR_STEP, parts)


def _columns(bars: Sequence[Bar]) -> Iterator[str]:
    most = max(bar.value for bar in bars)
    room = _WIDTH / len(bars)
    for nth, bar in enumerate(bars):
        height = _share(bar.value, most) * _COLUMNS_HEIGHT
        if height:
            left = (nth + (1 - _FILLED) / 2) * room
            yield _rect(left, _COLUMNS_TOP + _COLUMNS_HEIGHT - height, room * _FILLED, height)


def _line(nth: int, bar: Bar, most: float) -> Iterator[str]:
    top = nth * _BAR_STEP
    is_long = len(bar.label) > _LONGEST_LABEL
    yield _text(0, top + 14, f"{bar.label[: _LONGEST_LABEL - 1]}…" if is_long else bar.label)
    yield _text(_WIDTH, top + 14, bar.said, "end")
    yield _rect(0, top + 18, _share(bar.value, most) * _WIDTH, _BAR)


def _share(value: float, most: float) -> float:
    return max(value, 0) / most if most > 0 else 0.0


def _rect(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="bar" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"/>'


def _text(x: int, y: int, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _chart(name: str, title: str, height: int, parts: Sequence[str]) -> Chart:
    head = f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="{escape(name)}">'
    return Chart(f'{head}<title id="{escape(name)}">{escape(title)}</title>{"".join(parts)}</svg>')
