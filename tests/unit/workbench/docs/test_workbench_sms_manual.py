"""The subscriber's manual is what the grammar and the domain say."""

from usnd.domain.conference.dtmf_menu import DEFAULT_KEYS
from usnd.domain.sms.grammar import FORMS
from workbench.docs.sms_manual import KEYS_PAGE, PAGE, STORIES, keys_page, page


def test_the_committed_page_is_what_the_grammar_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run `python -m workbench.docs.sms_manual` and commit it"
    )


def test_every_command_has_its_row_and_an_example() -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in page().splitlines() if "| `" in line]
    assert rows[: len(FORMS)] == list(FORMS)
    examples = [body.upper() for bodies in STORIES.values() for body in bodies]
    for word in FORMS:
        keyword = word.removesuffix("x")
        assert any(example.startswith(keyword) for example in examples), word


def test_the_committed_card_of_keys_is_what_the_menu_gives() -> None:
    assert KEYS_PAGE.read_text(encoding="utf-8") == keys_page(), (
        "run `python -m workbench.docs.sms_manual` and commit it"
    )
    assert all(f"| `{keys}` |" in keys_page() for keys in DEFAULT_KEYS.values())
