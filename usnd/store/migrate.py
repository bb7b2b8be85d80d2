"""Brings a database to the schema of this release, and tells which it has.

Owns the way to the migrations from code: no configuration file, and the same from an installed wheel.
All functions block: call them before the loop starts, or from a thread.
"""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from usnd.store.engine import engine_for


def upgrade(url: str) -> None:
    """Run all migrations that the database lacks, in one transaction. Raises SQLAlchemy's errors."""
    with engine_for(url).begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current(url: str) -> str | None:
    """The newest migration in the database, or None for an empty one."""
    with engine_for(url).connect() as connection:
        return _revision(connection)


def is_current(url: str) -> bool:
    """Whether the database has the schema of this release."""
    return current(url) == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "usnd.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
