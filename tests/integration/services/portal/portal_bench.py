"""The portal's services on a database, with what stands in for the outbox and the launch of a conference."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from usnd.domain.dial_in.admission import DialInNumbers
from usnd.domain.directory.model import NumberMember, PutConference
from usnd.domain.messaging.message import Draft, OutgoingText
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.portal.sessions import SessionRules
from usnd.domain.replies.catalogue import Reply, render
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.domain.subscribers.credentials import CredentialKey, stored
from usnd.domain.subscribers.orders import Credentials, Operation, Order
from usnd.services.conference.launch import Launched, LaunchRequest, LaunchResult
from usnd.services.portal.password_worker import PasswordWorker
from usnd.services.portal.portal import Portal
from usnd.services.portal.visit import Came, PortalNode
from usnd.services.subscribers import Ordered, apply
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = CredentialKey(b"k" * 32)
ANN, BOB, NOBODY = "+447700900001", "+447700900002", "+447700900003"
HOME, AWAY = "192.0.2.1", "198.51.100.7"
FIRST, CHOSEN = "abcd-efgh-ijkl-mnop", "a quiet sunday walk"
NUMBERS = DialInNumbers("52270", ("52271", "52272", "52273"))


class Posted:
    """In place of the outbox."""

    def __init__(self) -> None:
        self.texts = list[OutgoingText]()

    def draft(self, number: str, message: Reply, now: datetime) -> Draft:
        return Draft("smsc", "52272", number, render(message), now, now + timedelta(hours=1))

    def send(self, one: OutgoingText) -> None:
        self.texts.append(one)


@dataclass
class Launching:
    """In place of the use case: what it came to, and what was asked for."""

    result: LaunchResult = field(default_factory=lambda: Launched(7))
    asked: list[LaunchRequest] = field(default_factory=list)
    recalled: list[int] = field(default_factory=list)
    conferences: Any = None

    async def launch(self, request: LaunchRequest) -> LaunchResult:
        self.asked.append(request)
        return self.result

    async def recall(self, conference: int) -> bool:
        self.recalled.append(conference)
        return True


class Bench:
    def __init__(self, store: Store) -> None:
        self.store, self.now = store, NOW
        self.posted, self.launching = Posted(), Launching()
        self.launching.conferences = self.launching
        zones = NodeOwn("en", ("Europe/Vienna",), "GB")
        node = PortalNode(KEY, "GB", SessionRules(), NUMBERS, "+44207946000", floor=0, own=zones)
        outbox: Any = self.posted
        launches: Any = self.launching
        administration: Any = None
        self.worker = PasswordWorker()
        self.portal = Portal(store, outbox, launches, administration, node, self.worker, lambda: self.now)

    async def sign_in(self, password: str, number: str = ANN, source: str = HOME, device: str = "") -> Came:
        return await self.portal.sign_in(number, password, device, source)

    async def code(self, number: str = ANN, source: str = HOME) -> str:
        """Asks for one; what came by SMS, or nothing."""
        before = len(self.posted.texts)
        assert (await self.portal.send_code(number, source)).outcome is Outcome.DONE
        new = [one.body.split()[0] for one in self.posted.texts[before:]]
        return new[0] if new else ""

    async def enter(self) -> Came:
        """Ann chose her password, and is signed in."""
        first = await self.sign_in(FIRST)
        return await self.portal.choose_password(first.token, CHOSEN, HOME)

    async def sql(self, statement: str) -> list[Any]:
        return await self.store.run(lambda tx: [tuple(row) for row in tx.execute(text(statement))])

    async def audit(self, number: str = ANN) -> list[str]:
        lines = await self.store.run(lambda tx: tx.portal_audit.of(number, 100))
        return [f"{line.what} {line.about}".strip() for line in lines]

    async def order(self, operation: Operation) -> None:
        node = NodeOwn("en", home_region="GB")
        asked = [Ordered(Order(operation=operation, number=ANN), "root")]
        await self.store.run(lambda tx: apply(tx, asked, node, self.now))


def two_subscribers(tx: Transaction) -> None:
    for number in (ANN, BOB):
        new = tx.subscribers.add(number, NOW)
        tx.execute(
            text("UPDATE subscribers SET credential = :kept WHERE id = :id"),
            {"kept": stored(KEY, Credentials(number, FIRST)), "id": new.id},
        )
        tx.directory.apply(new.id, PutConference(3, (NumberMember(NOBODY),)))
