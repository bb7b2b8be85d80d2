"""Proves that nothing is left of a short time of everything at once (C11, B1): `make soak` takes longer."""

import random
from pathlib import Path

from workbench.chaos.soak import Soak, soak_settings
from workbench.demo.stage import stage

SECONDS = 12


async def test_nothing_is_left_of_people_and_kills(tmp_path: Path) -> None:
    async with stage(soak_settings(tmp_path)) as parts:
        soak = Soak(parts, random.Random(4), SECONDS)
        await soak.run()
        assert soak.wrong == []
        assert soak.acts["launch"] > 0
        assert soak.acts["kill"] + soak.acts["stop"] > 0
