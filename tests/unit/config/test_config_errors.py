"""What an operator is told to write: words for every setting there is."""

from collections.abc import Iterator

from msgspec import inspect

from usnd.config.sections import Config
from usnd.config_file.errors import _expected


def settings(kind: inspect.Type, place: str = "") -> Iterator[tuple[str, inspect.Type]]:
    """All settings within a type, by place."""
    yield place, kind
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from settings(field.type, f"{place}.{field.encode_name}")
    inner = [getattr(kind, name, None) for name in ("type", "item_type")]
    for one in [*filter(None, inner), *getattr(kind, "types", ())]:
        yield from settings(one, place)


def test_no_setting_is_told_a_limit_that_it_has_not() -> None:
    told = {place: _expected(kind) for place, kind in settings(inspect.type_info(Config))}
    assert len(told) > 100
    assert {place: words for place, words in told.items() if "None" in words} == {}
