"""A million subscribers in the database: what reading one and listing a page costs, and by which plan.

They are written by SQL; what is measured goes by the site. The plan is of the very statement that the store
runs.
"""

import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from usnd.store.core.engine import engine_for
from usnd.store.subscribers import Subscribers
from workbench.parts.crm.terminal import Terminal, about, code_in, request
from workbench.parts.process import PartError

_FILL = """
INSERT INTO subscribers (number, created_at, changed_at, name, email)
SELECT '+4470' || lpad(n::text, 8, '0'), now(), now(), 'Person ' || n, 'p' || n || '@example.com'
FROM generate_series(0, :most - 1) AS n
"""
_PAGE = 1000
_BY_INDEX = frozenset({"Limit", "Index Scan", "Index Only Scan", "Append", "Merge Append", "Result"})


def fill(url: str, most: int) -> float:
    """Writes that many; seconds."""
    begun = time.monotonic()
    engine = engine_for(url)
    with engine.begin() as connection:
        connection.execute(text(_FILL), {"most": most})
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE subscribers"))
    engine.dispose()
    return time.monotonic() - begun


def _number(nth: int) -> str:
    return f"+4470{nth:08}"


def times(terminal: Terminal, most: int, count: int, seed: int) -> dict[str, dict[str, float]]:
    """Median and 99th percentile in ms of `count` reads, and of pages of 1,000, by the site."""
    dice = random.Random(seed)  # noqa: S311 # to be repeated
    return {
        "read": _times(terminal, (about("read", _number(dice.randrange(most))) for _ in range(count))),
        "list_1000": _times(
            terminal,
            (f'<list after="{_number(dice.randrange(most - _PAGE))}"/>' for _ in range(max(10, count // 5))),
        ),
    }


def _times(terminal: Terminal, asked: Iterator[str]) -> dict[str, float]:
    connection, taken = terminal.connection(), list[float]()
    for nth, inner in enumerate(asked):
        begun = time.monotonic()
        _, body = terminal.ask(request(f"million-{nth}", inner), on=connection)
        taken.append((time.monotonic() - begun) * 1000)
        if code_in(body) != 1000:  # noqa: PLR2004 # done
            raise PartError(f"{inner}: {body[:500]!r}")
    connection.close()
    percentiles = statistics.quantiles(taken, n=100, method="inclusive")
    return {"median_ms": round(statistics.median(taken), 2), "p99_ms": round(percentiles[98], 2)}


def plans(url: str, most: int) -> dict[str, dict[str, object]]:
    """Of the store's own statements: the kinds of nodes, whether they go by indexes only, ms."""
    middle = _number(most // 2)
    since = datetime(2020, 1, 1, tzinfo=UTC)
    return {
        "read": _plan(url, lambda subscribers: subscribers.by_number(middle)),
        "list_1000": _plan(url, lambda subscribers: subscribers.page(middle, _PAGE)),
        "list_1000_changed_since": _plan(url, lambda subscribers: subscribers.page(middle, _PAGE, since)),
    }


class _Nobody(list[Any]):
    """What a statement found that was only explained."""

    def one_or_none(self) -> None:
        """No row."""


class _Explaining:
    """In the place of a transaction: the plan of each statement instead of its rows."""

    dialect = "postgresql"

    def __init__(self, connection: Connection) -> None:
        self.plans = list[dict[str, Any]]()
        self._connection = connection

    def execute(self, statement: Any, values: Any = None) -> Any:
        """Explains it. It is run, too."""
        compiled = statement.compile(dialect=self._connection.dialect)
        asked = f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}"
        found = self._connection.exec_driver_sql(asked, compiled.construct_params(values)).scalar_one()
        self.plans += json.loads(found) if isinstance(found, str) else found
        return _Nobody()


def _plan(url: str, unit: Callable[[Subscribers], object]) -> dict[str, object]:
    engine = engine_for(url)
    with engine.connect() as connection:
        explaining = _Explaining(connection)
        unit(Subscribers(explaining))
    engine.dispose()
    (root,) = explaining.plans
    kinds = list(_kinds(root["Plan"]))
    return {
        "nodes": kinds,
        "by_index_only": set(kinds) <= _BY_INDEX,
        "ms": round(root["Execution Time"], 3),
    }


def _kinds(node: dict[str, Any]) -> Iterator[str]:
    yield node["Node Type"]
    for inner in node.get("Plans", ()):
        yield from _kinds(inner)
