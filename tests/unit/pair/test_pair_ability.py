"""When a standby tries what it never uses, and what it says of it."""

from collections.abc import Sequence

from usnd.pair.ability import AGAIN, DAILY, EVERY, NOT_YET, Ability
from usnd.pair.config import ServiceConfig

SERVICE = ServiceConfig(able={"keepalived": ("k",)}, proofs={"certificate": ("c",)})


class World:
    """Programs that fail by name, and a clock."""

    def __init__(self) -> None:
        self.now, self.failing, self.asked = 0.0, {"": ""}, ""
        self.ability = Ability(SERVICE, lambda: self.now, self.run)

    async def run(self, command: Sequence[str], _patience: float) -> tuple[int, str]:
        self.asked += command[0]
        return (1, self.failing[command[0]]) if command[0] in self.failing else (0, "")

    async def at(self, now: float) -> str:
        self.now, self.asked = now, ""
        await self.ability.look()
        return self.ability.unable


async def test_nothing_is_able_before_all_was_tried() -> None:
    world = World()
    assert world.ability.unable == NOT_YET
    assert (await world.at(0), world.asked) == ("", "ck")
    assert (await world.at(EVERY), world.asked) == ("", "k")
    assert (await world.at(DAILY), world.asked) == ("", "ck")
    world.ability.begin()
    assert world.ability.unable == NOT_YET
    assert Ability(ServiceConfig(), lambda: 0.0, world.run).unable == ""


async def test_what_fails_at_first_is_told_at_once_and_what_fails_later_when_it_fails_twice() -> None:
    world = World()
    world.failing["c"] = "a line\nexpired yesterday"
    assert await world.at(0) == "certificate (expired yesterday)"
    del world.failing["c"]
    assert await world.at(EVERY) == ""
    world.failing["k"] = ""
    assert await world.at(2 * EVERY) == "", "it may be about to be started again"
    assert await world.at(2 * EVERY + AGAIN) == "keepalived (ended with 1)"
    del world.failing["k"]
    assert await world.at(2 * EVERY + 2 * AGAIN) == ""
