"""Two subscribers, each with a first password and an instant conference."""

import pytest
from portal_bench import Bench, two_subscribers

from usnd.store.core.writer import Store


@pytest.fixture
async def bench(store: Store) -> Bench:
    await store.run(two_subscribers)
    return Bench(store)
