"""What nothing uses is not there: each public name of usnd is used by usnd, the workbench or a script."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_KEY = 60  # of a text that may be a name, as in getattr and `usnd.pair.main:main`
CALLED_BY_LIBRARIES = {
    "connection_lost",  # asyncio
    "connection_made",
    "data_received",
    "pause_writing",
    "resume_writing",
    "on_body",  # httptools
    "on_header",
    "on_headers_complete",
    "on_message_begin",
    "on_message_complete",
    "on_url",
    "process_bind_param",  # SQLAlchemy's types
    "process_result_value",
    "self_group",  # SQLAlchemy's clauses
}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def trees(*folders: str) -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for name in folders for path in (ROOT / name).rglob("*.py")}


def defined(tree: ast.Module) -> Iterator[str]:
    """Functions, classes, their methods, and constants. What is decorated, its decorator may call."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else []
        for one in [node, *inner]:
            if isinstance(one, Definition) and not set(map(ast.unparse, one.decorator_list)) - {"property"}:
                yield one.name
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def used(tree: ast.Module) -> Iterator[str]:
    """Names that are read. An import alone is no use."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.MatchClass(kwd_attrs=names):
                yield from names
            case ast.Constant(value=str(text)) if len(text) < LONGEST_KEY:
                yield from text.replace(":", ".").split(".")


def test_every_public_name_is_used() -> None:
    product = trees("usnd")
    names = {
        name for tree in [*product.values(), *trees("workbench", "playbooks").values()] for name in used(tree)
    }
    unused = {
        f"{path.relative_to(ROOT)}: {name}"
        for path, tree in product.items()
        if "versions" not in path.parts
        for name in defined(tree)
        if not name.startswith("_") and name not in names | CALLED_BY_LIBRARIES
    }
    assert unused == set()
