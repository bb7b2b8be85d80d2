"""The committed page of the fields is what their table gives: `make pages` writes it anew."""

import io
import re

from usnd.domain.billing.check import Checker
from usnd.domain.billing.fields import FIELDS
from usnd.domain.billing.formats import FORMATS
from workbench.docs.cdr_fields import PAGE, page


def test_the_page_is_the_table_s() -> None:
    assert PAGE.read_text() == page()


def test_each_field_has_its_row() -> None:
    """In the table of all, and in that of ASN.1."""
    assert re.findall(r"^\| `(\w+)` \|", page(), re.MULTILINE) == 2 * [field.name for field in FIELDS]


def test_the_example_is_a_good_file() -> None:
    (example,) = re.findall(r"```\nusn-mediation-\S+csv\n\n(.*?)```", page(), re.DOTALL)
    assert Checker().take(example.encode().splitlines(keepends=True)).faults == []


def test_the_example_in_hexadecimal_is_a_good_file_too() -> None:
    (example,) = re.findall(r"```\nusn-mediation-\S+\.ts32297\n\n(.*?)```", page(), re.DOTALL)
    found = FORMATS["ts32297"].check(io.BytesIO(bytes.fromhex(example)))
    assert (found.faults, found.records) == ([], 1)
