"""A request id that asks for something else is refused in words and with a code of its own."""

from typing import Any

from usnd.control.acts import Acts
from usnd.control.answers import Done, Refusal, RefusalCode
from usnd.control.requests import Launch
from usnd.domain.conference.model import Rules
from usnd.services.asker import Asker
from usnd.services.conference.administration import Administration
from usnd.services.conference.launch import KeyReused, Launched, LaunchResult

LAUNCH = Launch(subscriber="+447700900001", members=("bob",), request="job-1")


class FakeLaunches:
    """In place of the use case: what it came to."""

    def __init__(self, result: LaunchResult) -> None:
        self._result = result

    async def launch(self, _request: object, *, dry_run: bool) -> LaunchResult:
        assert not dry_run
        return self._result


def acts(result: LaunchResult) -> Acts:
    nobody: Any = None
    launches: Any = FakeLaunches(result)
    return Acts(Administration(nobody, nobody, launches, Rules(), "GB"), nobody, "GB")


async def test_a_request_id_that_asks_for_something_else_is_refused() -> None:
    refused = await acts(KeyReused(7)).act(LAUNCH, Asker("alice"))
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.REQUEST_REUSED
    assert "conference 7" in refused.refused
    assert "nothing was done" in refused.refused


async def test_a_repetition_is_told_as_one() -> None:
    done = await acts(Launched(7, again=True)).act(LAUNCH, Asker("alice"))
    assert isinstance(done, Done)
    assert done.said == "conference 7 was already launched by this request: nothing was done"
