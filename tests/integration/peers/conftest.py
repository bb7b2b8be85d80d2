import time
from collections.abc import AsyncIterator

import pytest

from workbench.parts.smsc.handsets import Smsc


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    """Our SMSC simulator, made of the product's own codec: what a peer reads of it and writes to it, that
    codec wrote and reads.
    """
    simulator = Smsc(time.monotonic)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()
