"""What a repository needs of a transaction: to run a statement; and the numbers that have no gap."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Executable, bindparam, update

from usnd.store.core.statements import Row, Rows
from usnd.store.schema import counters

_NEXT = (
    update(counters)
    .where(counters.c.name == bindparam("counter"))
    .values(last=counters.c.last + bindparam("more"))
    .returning(counters.c.last)
)


class Executor(Protocol):
    """Runs statements inside one transaction."""

    @property
    def dialect(self) -> str:
        """`postgresql` or `sqlite`."""
        ...

    def execute(self, statement: Executable, values: Row | Sequence[Row] | None = None) -> Rows:
        """Run a statement, once for each of the rows if there are several. Raises SQLAlchemy's errors."""
        ...


def next_number(tx: Executor, counter: str) -> int:
    """The counter's next number: from 1, gapless in commit order, never again even after a deletion."""
    return next_numbers(tx, counter, 1)[0]


def next_numbers(tx: Executor, counter: str, count: int) -> range:
    """As many next numbers at once."""
    last: int = tx.execute(_NEXT, {"counter": counter, "more": count}).scalar_one()
    return range(last - count + 1, last + 1)
