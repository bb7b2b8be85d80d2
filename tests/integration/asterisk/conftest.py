"""A voice network for each test, since tests freeze and kill it."""

from collections.abc import AsyncIterator

import pytest
from voice_network import VoiceNetwork, voice_network


@pytest.fixture
async def network() -> AsyncIterator[VoiceNetwork]:
    async with voice_network() as network:
        yield network
