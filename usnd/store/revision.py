"""Which schema a database has, and whether it is this release's. Does without Alembic, as the daemon does.

Owns the number of this release's schema. A test holds it against the migrations.
"""

from pathlib import Path

from sqlalchemy import column, inspect, select, table

from usnd.store.engine import engine_for

HEAD = "0006"
_SQLITE = "sqlite:///"
_VERSIONS = table("alembic_version", column("version_num"))


def current(url: str) -> str | None:
    """The newest migration in the database, or None for an empty one. Blocks; raises SQLAlchemy's errors."""
    if missing_file(url):
        return None
    with engine_for(url).connect() as connection:
        if not inspect(connection).has_table(_VERSIONS.name):
            return None
        return connection.execute(select(_VERSIONS.c.version_num)).scalar()


def missing_file(url: str) -> bool:
    """Whether the URL is of a SQLite file that is not there, but could be: connecting makes an empty one."""
    path = Path(url.removeprefix(_SQLITE))
    return url.startswith(_SQLITE) and path.parent.is_dir() and not path.exists()


def is_current(url: str) -> bool:
    """Whether the database has the schema of this release. As `current`."""
    return current(url) == HEAD
