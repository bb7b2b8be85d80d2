"""What the hostile terminal sends: valid documents are valid, a seed gives the same, bombs are large."""

import random

from crm.documents import by_lxml
from lxml import etree

from workbench.fuzz.bombs import LARGE, NESTED, entity_bombs, large_bodies, nested_documents, new_names
from workbench.fuzz.documents import Schema, document

SCHEMA = Schema()


def test_what_is_called_valid_is_valid_by_the_published_schema() -> None:
    dice = random.Random(5)
    made = [document(SCHEMA, dice, nth) for nth in range(400)]
    valid = [one for one in made if one.kind == "valid"]
    for one in valid:
        by_lxml().assertValid(etree.fromstring(one.octets))
    assert len(valid) > 150
    assert {one.kind for one in made} == {"valid", "mutated", "raw"}
    assert {one.bulk for one in made} == {True, False}


def test_every_operation_of_the_schema_is_made() -> None:
    dice = random.Random(6)
    made = b"".join(SCHEMA.valid(dice, "request", "a") for _ in range(300))
    for operation in (
        "create",
        "change",
        "suspend",
        "resume",
        "delete",
        "read",
        "list",
        "poll",
        "acknowledge",
    ):
        assert f"<{operation}".encode() in made


def test_a_seed_gives_the_same_documents() -> None:
    first, second = ([document(SCHEMA, random.Random(7), nth) for nth in range(20)] for _ in range(2))
    assert first == second


def test_bombs_are_as_large_and_as_new_as_they_say() -> None:
    assert all(b"<!" in one or b"<?" in one or b"xmlns:" in one for one in entity_bombs())
    assert all(one.count(b"<") >= NESTED // 2 for one in nested_documents())
    assert not {*new_names(1)} & {*new_names(2)}
    sizes = {name: sum(map(len, pieces())) for name, length, pieces in large_bodies() if length == LARGE}
    assert set(sizes.values()) == {LARGE}
