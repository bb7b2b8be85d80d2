"""What is asked for in the page of a conference is done in a conference of theirs, by the one use case."""

from types import SimpleNamespace
from typing import Any

import pytest

from usnd.domain.directory.model import Subscriber
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.portal.steering import Act
from usnd.domain.replies.catalogue import Say, reply
from usnd.services.asker import Asker
from usnd.services.conference.administration import Refused, Why
from usnd.services.portal.live import Steering, steer

ANN, BY = Subscriber(42, "+447700900001"), Asker("portal")
LIVE = (
    SimpleNamespace(id=7, subscriber_id=42),
    SimpleNamespace(id=8, subscriber_id=43),
    SimpleNamespace(id=9, subscriber_id=42),
)


class Administering:
    """Notes what it is asked for; refuses with `refusal`, if it has one."""

    def __init__(self, refusal: Refused | None = None) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._refusal = refusal

    def live(self) -> Any:
        return LIVE

    def __getattr__(self, name: str) -> Any:
        async def act(*args: Any, **named: Any) -> tuple[str, ...]:
            assert BY in args
            self.asked.append((name, *(one for one in args if one is not BY), *named.values()))
            if self._refusal is not None:
                raise self._refusal
            return ("bob", "eve")

        return act


@pytest.mark.parametrize(
    ("act", "asked"),
    [
        (Act.END, ("end", 7)),
        (Act.LOCK, ("lock", 7, True)),
        (Act.UNLOCK, ("lock", 7, False)),
        (Act.MUTE_ALL, ("mute", 7, None, True)),
        (Act.UNMUTE_ALL, ("mute", 7, None, False)),
        (Act.RECORD, ("record", 7, True)),
        (Act.STOP_RECORDING, ("record", 7, False)),
        (Act.MUTE, ("mute", 7, "usn-7-2", True)),
        (Act.UNMUTE, ("mute", 7, "usn-7-2", False)),
        (Act.DROP, ("drop", 7, "usn-7-2")),
        (Act.CALL, ("call_again", 7, "usn-7-2")),
        (Act.ADD, ("add", 7, ("bob", "eve"))),
    ],
)
async def test_each_act_is_one_of_the_use_case(act: Act, asked: tuple[Any, ...]) -> None:
    administration: Any = Administering()
    came = await steer(administration, ANN, Steering(act, 7, "usn-7-2", ("bob", "eve")), BY)
    assert administration.asked == [asked]
    assert (came.outcome, came.conference) == (Outcome.DONE, 7)
    assert came.called == (2 if act in (Act.ADD, Act.CALL) else 0)


def test_all_acts_are_tried() -> None:
    (table,) = test_each_act_is_one_of_the_use_case.pytestmark  # type: ignore[attr-defined] # pytest's
    assert [row[0] for row in table.args[1]] == [*Act]


@pytest.mark.parametrize("wanted", [8, 10])
async def test_a_conference_of_another_is_as_one_that_does_not_run(wanted: int) -> None:
    administration: Any = Administering()
    came = await steer(administration, ANN, Steering(Act.END, wanted), BY)
    assert (came.outcome, came.fault) == (Outcome.REFUSED, "over")
    assert administration.asked == []


async def test_without_a_number_it_is_the_newest_of_theirs() -> None:
    administration: Any = Administering()
    await steer(administration, ANN, Steering(Act.ADD, words=("bob",)), BY)
    assert administration.asked == [("add", 9, ("bob",))]
    came = await steer(administration, Subscriber(44, "+447700900009"), Steering(Act.ADD), BY)
    assert came.fault == "over"


@pytest.mark.parametrize("why", [one for one in Why if one is not Why.BUSY])
async def test_what_is_refused_says_why(why: Why) -> None:
    administration: Any = Administering(Refused("no", why))
    came = await steer(administration, ANN, Steering(Act.DROP, 7, "x"), BY)
    assert (came.outcome, came.fault) == (Outcome.REFUSED, why.value)


async def test_a_word_that_is_not_understood_is_refused_as_in_a_text() -> None:
    administration: Any = Administering(Refused("no", reply=reply(Say.UNKNOWN_NAMES, names=("bobb",))))
    came = await steer(administration, ANN, Steering(Act.ADD, 7, words=("bobb",)), BY)
    assert (came.fault, came.values) == ("unknown-names", {"names": "bobb"})


async def test_a_busy_database_is_said_to_be_busy() -> None:
    administration: Any = Administering(Refused("busy", Why.BUSY))
    assert (await steer(administration, ANN, Steering(Act.END, 7), BY)).outcome is Outcome.BUSY
