"""Lines that somebody else wrote are taken for those of the format only where nothing is to be quoted."""

from dataclasses import replace
from typing import Any

import pytest

from usnd.domain.billing.csv_file import is_plain, records
from usnd.domain.billing.fields import LAYOUT
from workbench.docs.cdr_samples import CDR

PAGE = [(1, CDR), (2, replace(CDR, call_id="usn-7-3"))]


def test_what_the_format_writes_of_plain_values_is_plain() -> None:
    assert is_plain(LAYOUT, 2, records(LAYOUT, PAGE))
    assert is_plain(("sequence",), 2, b"R,1\nR,2\n")


@pytest.mark.parametrize("odd", ["a,b", 'a"b', "Zürich"])
def test_what_it_quotes_or_that_is_not_ascii_is_not(odd: str) -> None:
    assert not is_plain(LAYOUT, 2, records(LAYOUT, [PAGE[0], (2, replace(CDR, cli=odd))]))


@pytest.mark.parametrize(
    "lines",
    [
        b"R,1,a,b\nR,2,c\n",
        b"R,1,a\nb\nR,2,c\n",
        b"R,1,a\rb\nR,2,c\n",
        b"R,1,a\x00b\nR,2,c\n",
        b"R,1,a\x7fb\nR,2,c\n",
        b"R,1,a\n",
        b"R,1,a\nR,2,c\nR,3,d\n",
        b"R,1,a\nR,2,c",
        b"",
    ],
)
def test_a_comma_a_line_or_a_control_character_too_many_or_too_few_is_seen(lines: bytes) -> None:
    assert not is_plain(("sequence", "cli"), 2, lines)


@pytest.mark.parametrize("values", [{}, {"cli": ""}, {"cli": " ~!#$%&'()*+-./:;<=>?@[]^_`{|}\\"}])
def test_printable_ascii_is_written_as_it_is(values: dict[str, Any]) -> None:
    cdr = replace(CDR, **values)
    written = records(("sequence", "cli"), [(1, cdr)])
    assert written.decode() == f"R,1,{cdr.cli}\n"
    assert is_plain(("sequence", "cli"), 1, written)
