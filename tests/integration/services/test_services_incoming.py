"""What follows the commit of a text, where the world has moved on meanwhile."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from usnd.domain.conference.commands import Step
from usnd.domain.conference.model import Conference, ConferenceState, Rules
from usnd.domain.messaging.duplicates import RepeatRules
from usnd.domain.messaging.message import OutgoingText
from usnd.domain.messaging.reassembly import PartsRules
from usnd.domain.sms.decision import TextRules
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.messaging.incoming import IncomingTexts
from usnd.services.messaging.incoming_batch import TextPolicy
from usnd.services.trunks.trunks import Trunks
from usnd.smpp.pdu.status import CommandStatus
from usnd.smpp.received import ReceivedText
from usnd.store.core.writer import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANN, BOB = "+447700900001", "+447700900002"


class EndsMeanwhile:
    """In place of the conferences: the one that is to bring its subscriber back ends just before."""

    voice_up = True

    def __init__(self, store: Store) -> None:
        self.store = store
        self.adopted: list[Conference] = []

    def adopt(self, step: Step) -> None:
        self.adopted.append(step.conference)

    async def turn(self, state: ConferenceState) -> None:
        was = self.adopted[-1]
        now = self.adopted[-1] = replace(was, state=state)
        await self.store.run(lambda tx: tx.conferences.save(was, now))

    async def recall(self, conference_id: int) -> bool:
        assert conference_id == self.adopted[-1].id
        await self.turn(ConferenceState.ENDED)
        return False


class Sent:
    """In place of the outbox."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send(self, text: OutgoingText) -> None:
        self.bodies.append(text.body)


async def test_who_is_told_of_a_call_back_is_called_though_the_conference_ended_meanwhile(
    store: Store,
) -> None:
    trunks = Trunks(Routing((Trunk("msc"),)), Alarms(lambda: NOW))
    draw = random.Random(5).randrange
    policy = TextPolicy(TextRules("GB"), Rules(), RepeatRules(HOUR), None, HOUR, "52272", draw, PartsRules())
    conferences: Any = EndsMeanwhile(store)
    outbox: Any = Sent()
    texts = IncomingTexts(store, outbox, conferences, trunks, policy, lambda: NOW)
    await store.run(lambda tx: tx.subscribers.add(ANN, NOW))
    for fingerprint in ("first", "second"):
        received = ReceivedText("smsc", "bind-1", ANN, "52272", f"IC {BOB}", fingerprint)
        assert await texts.receive(received) is CommandStatus.ESME_ROK
        if fingerprint == "first":
            await conferences.turn(ConferenceState.AWAY)
    assert [one.state for one in conferences.adopted] == [ConferenceState.ENDED, ConferenceState.GATHERING]
    first, told, launched = outbox.bodies
    assert first == launched
    assert "calling you" in told.casefold()
