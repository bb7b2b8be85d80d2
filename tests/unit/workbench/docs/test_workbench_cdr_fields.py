"""The committed page of the fields is what their table gives: `make pages` writes it anew."""

import re

from usnd.domain.billing.check import Checker
from usnd.domain.billing.fields import FIELDS
from workbench.docs.cdr_fields import PAGE, page


def test_the_page_is_the_table_s() -> None:
    assert PAGE.read_text() == page()


def test_each_field_has_its_row() -> None:
    assert re.findall(r"^\| `(\w+)` \|", page(), re.MULTILINE) == [field.name for field in FIELDS]


def test_the_example_is_a_good_file() -> None:
    (example,) = re.findall(r"```\nusn-mediation-\S+\n\n(.*?)```", page(), re.DOTALL)
    assert Checker().take(example.encode().splitlines(keepends=True)).faults == []
