"""The portal: what its site asks for, committed before it is answered, and done for the one who is signed in.

control/portal.py calls it. The units of work are in sign_in.py, reset.py, signed_in.py and directory.py. What
happened is a line of the journal and a row of the audit, never with a secret in it.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from usnd.domain.conference.launch import InstantConference
from usnd.domain.conference.model import LaunchedBy
from usnd.domain.directory.edits import MembersForm, UserForm
from usnd.domain.directory.model import Subscriber
from usnd.domain.portal.codes import CODE_SPACE, DEVICE_OCTETS, code_of
from usnd.domain.portal.outcomes import Noted, Outcome
from usnd.domain.portal.passwords import fault_of
from usnd.domain.portal.sessions import TOKEN_OCTETS, SessionState, Stage
from usnd.domain.portal.sources import source_of
from usnd.domain.replies.catalogue import render
from usnd.services.asker import Asker
from usnd.services.conference.administration import Administration
from usnd.services.conference.launch import Launched, Launches, LaunchRequest, NotLaunched, Running
from usnd.services.messaging.outbox import Outbox
from usnd.services.portal import directory, live, reset, sign_in, signed_in, texts
from usnd.services.portal.directory import Holder, Kind
from usnd.services.portal.password_worker import PasswordWorker
from usnd.services.portal.visit import Came, PortalNode, Visit
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

T = TypeVar("T")
_SIGNED_OUT = Came(Outcome.SIGNED_OUT)


class Portal:
    """`source`: the address that a request came from. All raise Busy, StoreBusy: nothing was done then."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        launches: Launches,
        administration: Administration,
        node: PortalNode,
        worker: PasswordWorker,
        clock: Callable[[], datetime],
    ) -> None:
        """`clock` gives UTC."""
        self._store, self.outbox, self._launches = store, outbox, launches
        self._administration = administration
        self.node, self._worker, self._clock = node, worker, clock
        self._log = structlog.get_logger("usnd.portal")

    async def sign_in(self, number: str, password: str, device: str, source: str) -> Came:
        """DONE with a token; WRONG, CLOSED, SUSPENDED.

        1. The try is counted, and committed. 2. The password is hashed. 3. The session begins, or not.
        """
        node, fresh = self.node, _fresh()
        given = sign_in.Given(node.account_of(number), password, device)
        counted = await self.do(source, lambda visit: sign_in.count_try(visit, given, node))
        if isinstance(counted, Came):
            return counted
        known = counted.device is not None
        right = await self._worker.is_right(password, counted.keys.hash, known=known)
        first = sign_in.is_first_password(node.key, given, counted.keys)
        stage = Stage.OPEN if right else Stage.FIRST if first else None
        return await self.do(source, lambda visit: sign_in.settle(visit, given, counted, stage, fresh, node))

    async def send_code(self, number: str, source: str) -> Came:
        """DONE, whoever asks for whichever number, and not before the same time."""
        now = asyncio.get_running_loop().time
        until = now() + self.node.floor
        account, code = self.node.account_of(number), code_of(secrets.randbelow(CODE_SPACE))
        await self.do(source, lambda visit: reset.send_code(visit, account, code, self.node, self.outbox))
        await asyncio.sleep(until - now())
        return Came(Outcome.DONE)

    async def use_code(self, number: str, code: str, device: str, source: str) -> Came:
        """DONE with the token of a session to choose a password in; WRONG, CLOSED."""
        node, fresh = self.node, _fresh()
        given = reset.GivenCode(node.account_of(number), "".join(code.split()), device)
        return await self.do(source, lambda visit: reset.use_code(visit, given, fresh, node))

    async def choose_password(self, token: str, password: str, source: str) -> Came:
        """DONE with a new token, the old one has ended; PASSWORD_REFUSED with its fault; SIGNED_OUT."""
        came = await self.do(source, lambda visit: self._look_at(visit, token, password))
        if came.outcome is not Outcome.DONE:
            return came
        node, fresh, hash_ = self.node, _fresh(), await self._worker.hash_of(password)

        def unit(visit: Visit) -> Came:
            who = visit.signed_in(token, node.rules, SessionState.CHOOSING)
            return reset.choose(visit, who, hash_, fresh, node, self.outbox) if who else _SIGNED_OUT

        return await self.do(source, unit)

    def _look_at(self, visit: Visit, token: str, password: str) -> Came:
        who = visit.signed_in(token, self.node.rules, SessionState.CHOOSING)
        if who is None:
            return _SIGNED_OUT
        keys = visit.tx.portal_accounts.keys_of(who.subscriber.id)
        given = sign_in.Given(who.subscriber.number, password)
        first = sign_in.is_first_password(self.node.key, given, keys)
        fault = fault_of(password, who.subscriber.number, is_first=first)
        return Came(Outcome.DONE) if fault is None else Came(Outcome.PASSWORD_REFUSED, fault=fault.value)

    async def sign_out(self, token: str, source: str, *, everywhere: bool) -> Came:
        """DONE; SIGNED_OUT: it was so already."""
        unit = partial(signed_in.sign_out, token=token, node=self.node, everywhere=everywhere)
        return await self.do(source, unit)

    async def stay_signed_in(self, token: str, source: str) -> Came:
        """The session goes on by this. DONE, SIGNED_OUT."""
        found = await self.do(source, lambda visit: signed_in.whose(visit, token, self.node))
        return Came(Outcome.DONE) if found else _SIGNED_OUT

    async def ways_in(self, token: str, pins_of: int | None, source: str) -> Came:
        """DONE with the numbers of all instant conferences, and the PINs of that one; SIGNED_OUT."""
        unit = partial(signed_in.ways_in, token=token, pins_of=pins_of, node=self.node)
        return await self.do(source, unit)

    async def texts(self, token: str, before_sent: int, before_got: int, source: str) -> Came:
        """As texts.texts."""
        before = (before_sent, before_got)
        return await self.do(source, lambda visit: texts.texts(visit, token, before, self.node))

    async def save_user(self, token: str, form: UserForm, source: str) -> Came:
        """As directory.save_user."""
        return await self.do(source, lambda visit: directory.save_user(visit, token, form, self.node))

    async def save_members(self, token: str, holder: Holder, form: MembersForm, source: str) -> Came:
        """As directory.save_members."""
        unit = partial(directory.save_members, token=token, holder=holder, form=form, node=self.node)
        return await self.do(source, unit)

    async def remove(self, token: str, kind: Kind, versions: Mapping[str, str], source: str) -> Came:
        """As directory.remove."""
        unit = partial(directory.remove, token=token, kind=kind, versions=versions, node=self.node)
        return await self.do(source, unit)

    async def undo(self, token: str, removal: int, source: str) -> Came:
        """As directory.undo."""
        return await self.do(source, lambda visit: directory.undo(visit, token, removal, self.node))

    async def launch(self, token: str, number: int, request: str, source: str, by: Asker) -> Came:
        """DONE, RUNNING with the conference; NOT_LAUNCHED with what to say of it; SIGNED_OUT.

        request: by which a repetition is known. by: until when somebody waits for it.
        """
        subscriber = await self.do(source, lambda visit: signed_in.whose(visit, token, self.node))
        if subscriber is None:
            return _SIGNED_OUT
        whom = InstantConference(number)
        asked = LaunchRequest(subscriber.id, whom, by, key=request, means=LaunchedBy.PORTAL)
        came = await self._launched(asked, subscriber)
        what = Noted.LAUNCHED if came.outcome is Outcome.DONE else Noted.NOT_LAUNCHED
        about = f"instant conference {number}"
        await self.do(source, lambda visit: visit.note(what, subscriber.number, about))
        return came

    async def _launched(self, asked: LaunchRequest, subscriber: Subscriber) -> Came:
        result = await self._launches.launch(asked)
        if isinstance(result, Running) and not await self._recalled(result):
            result = await self._launches.launch(asked)
        match result:
            case Launched(conference=conference, called=called):
                return Came(Outcome.DONE, conference=conference, called=len(called))
            case Running(conference=conference):
                return Came(Outcome.RUNNING, conference=conference, called=int(result.called))
            case NotLaunched(reply=reply) if reply is not None:
                return Came(Outcome.NOT_LAUNCHED, said=render(reply.said_in(subscriber.language)))
            case _:
                return Came(Outcome.NOT_LAUNCHED)

    async def _recalled(self, running: Running) -> bool:
        """False: they were to be called back into it, and it has just ended."""
        return not running.called or await self._launches.conferences.recall(running.conference)

    async def look(self, token: str, source: str) -> Came:
        """DONE with the picture of the conference that they have now, or with none; SIGNED_OUT."""
        subscriber = await self.do(source, lambda visit: signed_in.whose(visit, token, self.node))
        if subscriber is None:
            return _SIGNED_OUT
        return Came(Outcome.DONE, picture=self._launches.conferences.pictures.of(subscriber.id))

    async def steer(self, token: str, steering: live.Steering, source: str, by: Asker) -> Came:
        """As live.steer, in a conference of theirs; SIGNED_OUT."""
        subscriber = await self.do(source, lambda visit: signed_in.whose(visit, token, self.node))
        if subscriber is None:
            return _SIGNED_OUT
        came = await live.steer(self._administration, subscriber, steering, by)
        if came.outcome is Outcome.DONE:
            about = f"conference {came.conference}: {steering.act.value}"
            await self.do(source, lambda visit: visit.note(Noted.STEERED, subscriber.number, about))
        return came

    async def do(self, source: str, unit: Callable[[Visit], T]) -> T:
        """Commits it, tells the journal what happened, and sends what is to be sent."""
        last = list[Visit]()

        def run(tx: Transaction) -> T:
            last[:] = [Visit(tx, self._clock(), source_of(source), [], [])]
            return unit(last[0])

        came = await self._store.run(run)
        for line in last[0].noted:
            self._log.info(
                "portal", number=line.number, source=line.source, what=line.what, about=line.about or None
            )
        for text in last[0].texts:
            self.outbox.send(text)
        return came


def _fresh() -> sign_in.Fresh:
    return sign_in.Fresh(secrets.token_urlsafe(TOKEN_OCTETS), secrets.token_hex(DEVICE_OCTETS))
