"""When a standby tries what it never uses, and what it says of it."""

from collections.abc import Sequence

import pytest

from usnd.pair.ability import ABLE, AGAIN, DAILY, EVERY, NOT_YET, PROOFS, SENTENCES, Ability, Part, sentence
from usnd.pair.config import ServiceConfig

SERVICE = ServiceConfig(able={"keepalived": ("k",)}, proofs={"certificate": ("c", "--check")})
KEEPALIVED_IS_DOWN = SENTENCES[ABLE, "keepalived"]


class World:
    """Programs that fail by name, and a clock."""

    def __init__(self, service: ServiceConfig = SERVICE) -> None:
        self.now, self.failing, self.asked = 0.0, {"": ""}, ""
        self.ability = Ability(service, lambda: self.now, self.run)

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
    assert await world.at(0) == (
        "certificate fails: run `c --check` and fix what it reports (expired yesterday)"
    )
    del world.failing["c"]
    assert await world.at(EVERY) == ""
    world.failing["k"] = ""
    assert await world.at(2 * EVERY) == "", "it may be about to be started again"
    assert await world.at(2 * EVERY + AGAIN) == KEEPALIVED_IS_DOWN
    del world.failing["k"]
    assert await world.at(2 * EVERY + 2 * AGAIN) == ""


async def test_all_that_fails_at_first_is_told_at_once() -> None:
    """The quick ones are tried behind the thorough ones, and no later."""
    world = World()
    world.failing |= {"k": "", "c": "expired"}
    told = await world.at(0)
    assert KEEPALIVED_IS_DOWN in told
    assert "certificate" in told


async def test_a_program_that_runs_does_not_hide_that_it_would_not_start_again() -> None:
    """A name may stand in both sections."""
    world = World(ServiceConfig(able={"keepalived": ("k",)}, proofs={"keepalived": ("p",)}))
    world.failing["p"] = "Unknown keyword"
    refused = f"{SENTENCES[PROOFS, 'keepalived']} (Unknown keyword)"
    assert await world.at(0) == refused
    assert await world.at(EVERY) == refused


@pytest.mark.parametrize("part", SENTENCES, ids="-".join)
def test_a_part_that_fails_says_in_one_sentence_what_is_wrong_and_what_to_do(part: Part) -> None:
    said = sentence(part, ("systemctl",), 3, "")
    assert "ended with" not in said
    assert ", so this server could " in said, "why it matters"
    assert ": " in said, "what to do"
    assert sentence(part, ("p",), 1, "a line\nline 7: no such key\n") == f"{said} (line 7: no such key)"


def test_a_part_of_the_operators_own_says_which_command_failed() -> None:
    said = sentence((ABLE, "rsync"), ("ssh", "other host", "true"), 255, "")
    assert said == "rsync fails: run `ssh 'other host' true` and fix what it reports (it ended with 255)"
