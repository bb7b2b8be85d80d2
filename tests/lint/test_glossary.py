"""Holds docs/glossary.md to the tree: what it calls a class, a column, a key and a command is called so."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from typer.main import get_command

from usnd.cli.main import app
from usnd.config.sections import Config
from usnd.pair.config import PairConfig
from usnd.store.schema import metadata

PAGE = (Path(__file__).parents[2] / "docs/glossary.md").read_text()
SCHEMA = Path(__file__).parents[2] / "usnd/web/provisioning/schema/provisioning-1.xsd"
HEAD = "| word | what it is | code | column | key | command | XML | MIB |"
PAIR = "The pair"
WIDTH = HEAD.count("|") - 1


def tables() -> Iterator[tuple[str, list[list[str]]]]:
    """Each table of words with its title: the cells of its rows."""
    for section in PAGE.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        if HEAD in body:
            lines = [line for line in body.splitlines() if line.startswith("| ")][1:]
            yield title, [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


ROWS = [pytest.param(title, row, id=row[0]) for title, rows in tables() for row in rows]


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def named(dotted: str) -> Any:
    """What `package.module.Class.member` below usnd is; raises when there is nothing."""
    words = dotted.split(".")
    for length in range(len(words), 0, -1):
        try:
            found: Any = import_module("usnd." + ".".join(words[:length]))
        except ModuleNotFoundError:
            continue
        for word in words[length:]:
            hints = getattr(found, "__annotations__", {})
            found = hints[word] if word in hints else getattr(found, word)
        return found
    raise AssertionError(dotted)


def section_in(hint: Any) -> Any:
    """The section, or the section of a list of them, that a field's type is about; None: a plain value."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    return next(filter(None, map(section_in, get_args(hint))), None)


def has_key(config: Any, key: str) -> bool:
    for word in key.split("."):
        hints = get_type_hints(config)
        if word not in hints:
            return False
        config = section_in(hints[word])
    return True


def has_command(words: list[str]) -> bool:
    command: Any = get_command(app)
    for word in words:
        command = getattr(command, "commands", {}).get(word)
    return command is not None


def test_no_word_has_two_rows() -> None:
    words = [row[0] for _, rows in tables() for row in rows]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(("title", "row"), ROWS)
def test_each_name_is_in_the_tree(title: str, row: list[str]) -> None:
    _word, _what, code, columns, keys, commands, *_later = row
    assert len(row) == WIDTH
    for dotted in ticked(code):
        named(dotted)
    for column in ticked(columns):
        table, _, name = column.partition(".")
        assert name in metadata.tables[table].columns, column
    for key in ticked(keys):
        assert has_key(PairConfig if title == PAIR else Config, key), key
    for command in ticked(commands):
        assert has_command(command.split()), command


def test_a_column_that_stayed_is_still_there() -> None:
    stayed = PAGE.partition("## Names that stayed")[2]
    columns = re.findall(r"`(\w+)\.(\w+)`", stayed.replace("`usnd.toml`", ""))
    assert [f"{table}.{name}" for table, name in columns if name not in metadata.tables[table].columns] == []
    assert columns


def test_xml_of_provisioning_is_called_so_in_the_schema() -> None:
    schema = SCHEMA.read_text()
    (rows,) = (rows for title, rows in tables() if title == "Provisioning")
    words = [word for row in rows for word in ticked(row[-2])]
    assert words
    assert [word for word in words if f'name="{word}"' not in schema] == []
