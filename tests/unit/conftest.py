"""Coverage is of the domain (pyproject.toml), by its own tests: all others are quicker untraced."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "domain" not in item.path.parts:
            item.add_marker("no_cover")
