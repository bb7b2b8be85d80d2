"""The committed page of codes is what the catalogue gives: `make pages` writes it anew."""

import re

from usnd.domain.provisioning.codes import CATALOGUE
from workbench.docs.provisioning_codes import FAMILIES, PAGE, page


def test_the_page_is_what_the_catalogue_gives() -> None:
    assert PAGE.read_text() == page()


def test_each_code_has_one_row_and_each_family_a_title() -> None:
    rows = re.findall(r"^\| (\d{4}) \|.*\|$", page(), re.MULTILINE)
    assert rows == [str(int(code)) for code in CATALOGUE]
    assert {code // 100 for code in CATALOGUE} == set(FAMILIES)
    assert all("|" not in entry.text + entry.remedy for entry in CATALOGUE.values())
