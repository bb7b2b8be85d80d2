"""What an operator is told of a database that cannot be used."""

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from usnd.store.core.trouble import DatabaseTrouble, in_words

URL = "postgresql+psycopg://usnd@/usn?host=/var/run/postgresql"


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ('FATAL:  Peer authentication failed for user "usnd"', "sudo -u usnd usnd"),
        ('FATAL:  role "root" does not exist', "sudo -u usnd usnd"),
        ("Connection refused", "see that PostgreSQL runs"),
    ],
)
def test_root_is_told_to_say_it_as_the_daemons_user(cause: str, advice: str) -> None:
    with pytest.raises(DatabaseTrouble, match=advice), in_words(URL):
        raise OperationalError("select 1", {}, psycopg.OperationalError(cause))
