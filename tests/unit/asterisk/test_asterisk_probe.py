"""A call of nobody to nobody: begun and ended, or not in time."""

import asyncio
from collections.abc import Sequence

from usnd.asterisk.ami import AmiDown, Fields
from usnd.asterisk.foreign_channels import found_foreign
from usnd.asterisk.probe import PROBE, Probe


class Taking:
    """Takes each action, or has no link."""

    def __init__(self) -> None:
        self.orders: list[dict[str, str | Sequence[str]]] = []
        self.down = False

    async def action(self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]) -> Fields:
        if self.down:
            raise AmiDown(name)
        self.orders.append({"Action": name, "within": str(within_s), **fields})
        return {}

    async def listing(
        self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]
    ) -> list[Fields]:
        raise NotImplementedError(name, within_s, fields)


async def test_a_call_that_ends_is_one_and_that_of_another_is_none() -> None:
    ami = Taking()
    probe = Probe(ami)
    asked = asyncio.create_task(probe.call(5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    probe.hear({"event": "Hangup", "uniqueid": "usn-1"})
    probe.hear({"event": "Newchannel", "uniqueid": f"{PROBE}1"})
    await asyncio.sleep(0)
    assert not asked.done()
    probe.hear({"event": "Hangup", "uniqueid": f"{PROBE}1"})
    assert await asked
    assert (ami.orders[0]["ChannelId"], ami.orders[0]["Channel"]) == (f"{PROBE}1", "Local/s@usn-probe/n")


async def test_asterisk_that_answers_and_places_no_calls_is_found_out() -> None:
    assert not await Probe(Taking()).call(0.01)
    gone = Taking()
    gone.down = True
    assert not await Probe(gone).call(0.01)


def test_the_probes_channels_are_not_foreign() -> None:
    for call in (f"{PROBE}1", f"{PROBE}1-end"):
        event = {"event": "Newchannel", "uniqueid": call, "channel": "Local/s@usn-probe-00000001;1"}
        assert found_foreign(event, "usn-", frozenset()) is None
