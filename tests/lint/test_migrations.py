"""Holds the migrations to what the release says of them: those before it can work on what they make."""

import ast
from collections.abc import Iterator
from pathlib import Path

from usnd.store import revision

VERSIONS = Path(__file__).parents[2] / "usnd/store/migrations/versions"
ONLY_ADD = {"create_table", "create_index", "f"}  # op.f only marks a name


def takes_away(source: str) -> Iterator[str]:
    """What a migration does that the statements of an earlier release could trip over."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "op"):
            continue
        if node.func.attr == "add_column":
            if not fills_itself(node.args[1]):
                yield f"line {node.lineno}: a column that an earlier release does not fill"
        elif node.func.attr not in ONLY_ADD:
            yield f"line {node.lineno}: {node.func.attr}"


def fills_itself(column: ast.expr) -> bool:
    """`sa.Column(...)` that is NULL or has a default of the database."""
    assert isinstance(column, ast.Call)
    words = {word.arg: word.value for word in column.keywords}
    nullable = words.get("nullable")
    return "server_default" in words or nullable is None or ast.unparse(nullable) == "True"


def test_earlier_releases_can_work_on_what_the_migrations_make() -> None:
    """What takes away or changes raises READERS to its own number: no way back over that one."""
    later = [path for path in sorted(VERSIONS.glob("0*.py")) if path.name[:4] > revision.READERS]
    assert {path.name: found for path in later if (found := list(takes_away(path.read_text())))} == {}


def test_the_check_sees_what_takes_away() -> None:
    (widened,) = VERSIONS.glob("0006_*.py")
    found = " ".join(takes_away(widened.read_text()))
    assert "drop_constraint" in found
    assert "get_bind" in found
    assert "column" not in found
    strict = "op.add_column('calls', sa.Column('cause', sa.Integer(), nullable=False))"
    assert list(takes_away(strict)) == ["line 1: a column that an earlier release does not fill"]
