from collections.abc import Iterator

import pytest

from usnd.store.engine import engine_for
from usnd.store.transaction import Transaction


@pytest.fixture
def tx(url: str) -> Iterator[Transaction]:
    with engine_for(url).connect() as connection, connection.begin():
        yield Transaction(connection)
