"""Brings a database to the schema of this release (revision.py tells which it has).

`usnd db upgrade` calls it, and tests do. It needs no configuration file of Alembic's, and works the same from
an installed wheel. It blocks, and Alembic is slow to load: not for the daemon.
"""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from usnd.store.billing.month_division import divide
from usnd.store.core.engine import engine_for
from usnd.store.core.trouble import DatabaseTrouble
from usnd.store.revision import HEAD, current, is_usable, tell_readers


def upgrade(url: str) -> None:
    """Run all migrations that the database lacks, in one transaction. A newer one that can be used stays so.

    Then records are divided into months, if there is a lock to be had; otherwise `usnd cdr prune` does it.
    Raises SQLAlchemy's errors, and DatabaseTrouble for a database of a newer release.
    """
    if current(url) != HEAD and is_usable(url):
        return
    with engine_for(url).begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
            tell_readers(connection)
        except CommandError as error:
            raise DatabaseTrouble(
                f"the database does not fit this release, perhaps a newer one made it: {error}"
            ) from error
    divide(url)


def head() -> str | None:
    """The newest migration of this release."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "usnd.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
