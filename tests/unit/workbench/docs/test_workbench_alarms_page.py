"""The committed page of the alarms is what the catalogue gives: `make pages` writes it anew."""

from usnd.domain.alarms.catalogue import CATALOGUE
from workbench.docs.alarms import PAGE, page


def test_the_page_is_the_catalogue_s() -> None:
    assert PAGE.read_text() == page()


def test_each_alarm_has_its_row_and_what_to_do() -> None:
    written = page()
    for kind in CATALOGUE:
        assert f"| {kind.number} | [`{kind.name}`](#{kind.name}) |" in written
        assert f"## {kind.name}\n" in written
        assert kind.remedy in written
