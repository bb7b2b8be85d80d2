"""Provisioning: who may ask, what was answered by which key, and bulks."""

from sqlalchemy import (
    Column,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from usnd.store.core.columns import Utc, row_id
from usnd.store.schema.metadata import metadata

# Certificates that may provision, and what each may do. `operations` and `prefixes`: JSON lists.
terminals = Table(
    "terminals",
    metadata,
    row_id(),
    Column("name", String, nullable=False, index=True),
    Column("serial", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("not_after", Utc, nullable=False),
    Column("operations", Text, nullable=False),
    Column("prefixes", Text, nullable=False),
    Column("designated_at", Utc, nullable=False),
    Column("designated_by", String, nullable=False),
    Column("revoked_at", Utc),
    UniqueConstraint("serial", "issuer"),
    sqlite_autoincrement=True,
)

# `row`: 0 of a request of one order, else the number in its bulk. `result`: JSON, without a password.
provisioning_requests = Table(
    "provisioning_requests",
    metadata,
    Column("client", String, primary_key=True),
    Column("request_id", String, primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False),
    Column("server_id", String, nullable=False),
    Column("at", Utc, nullable=False, index=True),
    Column("result", Text, nullable=False),
)

provisioning_bulks = Table(
    "provisioning_bulks",
    metadata,
    Column("client", String, primary_key=True),
    Column("request_id", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("server_id", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("started_at", Utc, nullable=False, index=True),
    Column("finished_at", Utc),
)
