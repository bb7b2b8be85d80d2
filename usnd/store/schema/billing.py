"""The files that go to billing: what each holds, how far it has come; and usage summaries."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, literal_column

from usnd.store.core.columns import KEY, Utc, Written
from usnd.store.schema.metadata import metadata

# Each destination has files of its own, numbered without a gap. The row alone decides what a file holds.
cdr_files = Table(
    "cdr_files",
    metadata,
    Column("destination", String, primary_key=True),
    Column("number", KEY, primary_key=True, autoincrement=False),
    Column("since", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("first", KEY, nullable=False),  # sequence numbers; last is first - 1 in an empty file
    Column("last", KEY, nullable=False, index=True),
    Column("format", String, nullable=False),
    Column("layout", Text, nullable=False),  # the fields' names, in order
    Column("closed_at", Utc, nullable=False),
    Column("state", String(20), nullable=False),
    Column("digest", String(64)),
    Column("octets", KEY),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Utc),
    Column("trouble", String(20)),
    Column("said", Written, nullable=False, server_default=literal_column("''")),
    Column("confirmed_at", Utc),
    Column("erased_at", Utc),  # since when its records are other ones
    Column("content", String(20), nullable=False, server_default=literal_column("'cdrs'")),
    # As the file says it.
    Column("node_address", String(45), nullable=False, server_default=literal_column("''")),
)
is_open_file = cdr_files.c.state != literal_column("'confirmed'")
Index(
    "ix_cdr_files_open",
    cdr_files.c.destination,
    cdr_files.c.number,
    postgresql_where=is_open_file,
    sqlite_where=is_open_file,
)

# One usage summary a local day. All that its files say is here and in its pages; nothing else is read.
summaries = Table(
    "summaries",
    metadata,
    Column("day", String(10), primary_key=True),  # as 2026-03-29
    Column("since", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("first", KEY, nullable=False),  # sequence numbers; last is first - 1 of a day without records
    Column("last", KEY, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("figures", Written, nullable=False),  # JSON: domain/billing/summary/figures.py
    Column("pages", Integer, nullable=False),
    Column("pdf", LargeBinary),  # once it was made
)

# Pages come before their summary: those of a day that has none are of a run that was killed.
summary_pages = Table(
    "summary_pages",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("content", Written, nullable=False),
)
