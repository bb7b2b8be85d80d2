"""What the store and the operator need: counters, alarms, the writer's mark."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    String,
    Table,
)

from usnd.store.core.columns import KEY, Utc, Written, row_id
from usnd.store.schema.metadata import metadata

# Numbers without a gap, and never again: kept beside the rows, since retention removes those. The row is
# locked until the commit, so that the numbers stand in commit order whoever writes.
counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("last", KEY, nullable=False),
    CheckConstraint("name IN ('conference', 'cdr')", name="name"),
)

# The alarms that are raised, and the last of those that were.
alarms = Table(
    "alarms",
    metadata,
    row_id(),
    Column("name", String, nullable=False),  # domain/alarms/catalogue.py
    Column("object", String, nullable=False),
    Column("raised_at", Utc, nullable=False),
    Column("facts", Written, nullable=False),
    Column("cleared_at", Utc),
    sqlite_autoincrement=True,
)

# Which batch of a writer was committed last: see store/core/writer.py.
commit_mark = Table(
    "commit_mark",
    metadata,
    Column("writer", String, primary_key=True),
    Column("epoch", KEY, nullable=False),
    Column("number", KEY, nullable=False),
)
is_raised = alarms.c.cleared_at.is_(None)
Index(
    "uq_alarms_raised",
    alarms.c.name,
    alarms.c.object,
    unique=True,
    postgresql_where=is_raised,
    sqlite_where=is_raised,
)
