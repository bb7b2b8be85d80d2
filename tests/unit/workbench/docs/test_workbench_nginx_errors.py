"""What nginx answers by itself is what the catalogue says: `make pages` writes it anew."""

import re
from dataclasses import replace

import pytest

from usnd.domain.provisioning.codes import CATALOGUE, Code
from workbench.docs import nginx_errors
from workbench.docs.nginx_errors import PAGE, PLACE, body, page
from workbench.parts.nginx import ROLE

TEMPLATE = (ROLE / "templates/nginx.conf.j2").read_text()


def test_the_file_is_the_catalogue_s() -> None:
    assert PAGE.read_text() == page()


def test_each_refusal_leads_to_an_answer_with_its_status() -> None:
    answers = re.findall(r"location = (\S+) \{[^}]*  return (\d+) '", page())
    assert dict(answers) == {f"{PLACE}{code}": str(CATALOGUE[Code(int(code))].status) for code in codes()}
    targets = re.findall(r"^error_page .* = (\S+);$", page(), re.MULTILINE)
    assert {target for target in targets if "$" not in target} < {place for place, _ in answers}


def codes() -> list[str]:
    return re.findall(rf"location = {PLACE}(\d+) ", page())


def test_each_variable_is_a_map_of_the_configuration_that_gives_codes_with_an_answer() -> None:
    for variable in re.findall(r"error_page .* = /.refused/(\$\w+);", page()):
        (inside,) = re.findall(rf"map \S+ \{variable} \{{(.*?)\n  \}}", TEMPLATE, re.DOTALL)
        given = set(re.findall(r" (\d{4});", inside))
        assert len(given) > 1
        assert given <= set(codes())


def test_a_text_cannot_break_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_text(text: str) -> str:
        entry = replace(CATALOGUE[Code.FAULT], text=text)
        monkeypatch.setattr(nginx_errors, "CATALOGUE", {**CATALOGUE, Code.FAULT: entry})
        return body(Code.FAULT)

    assert r"<text>it\'s a &lt;b&gt; &amp; c</text>" in with_text("it's a <b> & c")
    for text in ("costs $5", "a\\b"):
        with pytest.raises(ValueError, match="2502"):
            with_text(text)
