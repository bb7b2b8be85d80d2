"""The trunks of this node: how each is, what it refused, and the channels in use (channel_pool.py).

Conferences ask here what the domain decides about an event, so that channels are taken and given back with
the decision; the voice edge tells what Asterisk finds out about each trunk. Decisions are in domain/trunks/.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import structlog

from usnd.asterisk.technology.interface import Account, Contact, Technology
from usnd.asterisk.technology.pjsip import PJSIP
from usnd.domain.alarms.catalogue import TRUNK_DAMPED, TRUNK_DOWN, TRUNK_NOT_REGISTERED, TRUNK_SUSPECT
from usnd.domain.conference.commands import Step
from usnd.domain.conference.decide import decide
from usnd.domain.conference.events import CallIn, Event, JoinIn
from usnd.domain.conference.model import Conference, Rules
from usnd.domain.trunks.registration import Registration, standing
from usnd.domain.trunks.routing import heard_of
from usnd.domain.trunks.trunk import (
    Health,
    Pool,
    Routing,
    TrunkEvent,
    TrunkState,
    failed,
    hear,
    refused,
)
from usnd.services.alarms.alarms import Alarms
from usnd.services.figures import TrunkFigures, TrunksFigures
from usnd.services.trunks.channel_pool import ChannelPool, Reservation

Tx = TypeVar("Tx")
T = TypeVar("T")
_ALARMS = {
    TrunkState.SUSPECT: TRUNK_SUSPECT,
    TrunkState.DAMPED: TRUNK_DAMPED,
    TrunkState.DOWN: TRUNK_DOWN,
}


@dataclass(slots=True)
class _Figures:
    """Since the start: calls placed, and those never answered, by Q.850 cause."""

    calls: int = 0
    causes: Counter[int] = field(default_factory=Counter)


class Trunks:
    """All trunks. Times are UTC."""

    def __init__(
        self,
        routing: Routing,
        alarms: Alarms,
        accounts: Mapping[str, str] | None = None,
        technology: Technology = PJSIP,
    ) -> None:
        """`accounts`: the trunks that register, by the URI of their account."""
        self._routing, self._alarms = routing, alarms
        self._technology = technology
        self._accounts = dict(accounts or {})
        self._registrations = dict.fromkeys(self._accounts.values(), Registration.WAITING)
        self._health = {trunk.name: Health() for trunk in routing.trunks}
        self._figures = {trunk.name: _Figures() for trunk in routing.trunks}
        self._contacts: dict[tuple[str, str], bool] = {}
        self._channels = ChannelPool()
        self._log = structlog.get_logger("usnd.trunks")

    def reservation(self) -> Reservation:
        """For the launches of one unit of work: see `reserving`."""
        return Reservation(self._channels, self._pool)

    async def reserving(
        self,
        run: Callable[[Callable[[Tx], T]], Awaitable[T]],
        unit: Callable[[Tx, Reservation], T],
    ) -> T:
        """Has a unit of work run that launches; its channels stay taken only if it is committed.

        It may run twice: each run begins by giving back what the one before took. Raises what `run` raises.
        """
        with self.reservation() as channels:

            def one_run(tx: Tx) -> T:
                channels.begin()
                return unit(tx, channels)

            result = await run(one_run)
            channels.keep()
        return result

    def decide(self, conference: Conference, event: Event, rules: Rules, now: datetime) -> Step:
        """What the domain decides about the event, its channels taken and given back."""
        with self._channels.lock:
            step = decide(conference, event, rules, self._pool(now), now)
            if isinstance(event, CallIn | JoinIn) and step.conference.call(event.call) is not None:
                self._channels.gone(event.call)
            self._channels.hold(step.conference)
            self._listen(conference, step.conference, now)
        return step

    def adopt(self, conference: Conference) -> None:
        """Counts the calls of a conference that is committed."""
        with self._channels.lock:
            self._channels.hold(conference)
            for call in conference.calls:
                if call.trunk in self._figures:
                    self._figures[call.trunk].calls += 1

    def came_in(self, call: str, channel: str) -> str:
        """Counts a call that came in, from now until it is in a conference or `gone`; gives its trunk."""
        trunk = self.of_channel(channel)
        if trunk:
            with self._channels.lock:
                self._channels.came_in(call, trunk)
        return trunk

    def gone(self, call: str) -> None:
        """The call that came in is over, wherever it was."""
        with self._channels.lock:
            self._channels.gone(call)

    @property
    def waiting(self) -> frozenset[str]:
        """The calls that came in and are in no conference."""
        return self._channels.waiting

    def of_channel(self, channel: str) -> str:
        """The trunk of a channel as Asterisk names it; empty if it is none of ours."""
        name = self._technology.trunk_of_channel(channel)
        return name if name in self._health else ""

    def contact(self, contact: Contact, now: datetime) -> None:
        """Takes what Asterisk's OPTIONS found out about one address of a trunk."""
        if contact.trunk not in self._health:
            return
        with self._channels.lock:
            self._contacts[contact.trunk, contact.uri] = contact.answers
            states = [up for (name, _), up in self._contacts.items() if name == contact.trunk]
            event = TrunkEvent.ANSWERS if any(states) else TrunkEvent.SILENT
            self._become(contact.trunk, hear(self._health[contact.trunk], event, self._routing, now))

    @property
    def registers(self) -> bool:
        """A trunk is to register somewhere."""
        return bool(self._accounts)

    def account(self, account: Account) -> None:
        """Takes what became of a registration."""
        name = self._accounts.get(account.uri)
        if name is None:
            return
        with self._channels.lock:
            before, self._registrations[name] = self._registrations[name], account.registration
        if account.registration is Registration.REGISTERED:
            if not self._alarms.clear(TRUNK_NOT_REGISTERED, name) and account.registration is not before:
                self._log.info("trunk registered", trunk=name)
        elif account.registration is not before:
            self._alarms.raise_(TRUNK_NOT_REGISTERED, name, registration=account.registration.value)

    def forget_contacts(self) -> None:
        """Another listing follows, which is complete."""
        self._contacts.clear()

    def looked(self) -> None:
        """The listing is complete: alarms of a former life that no longer hold are over."""
        with self._channels.lock:
            for name, health in self._health.items():
                self._alarm(name, health.state)
        for kind in _ALARMS.values():
            self._alarms.clear_others(kind, self._health)
        self._alarms.clear_others(TRUNK_NOT_REGISTERED, self._registrations)

    def figures(self, now: datetime) -> TrunksFigures:
        """Of all trunks, in the order configured."""
        with self._channels.lock:
            self._pool(now)
            rows = tuple(self._row(trunk.name, trunk.channels) for trunk in self._routing.trunks)
            return TrunksFigures(trunks=rows, waiting=self._channels.load.waiting)

    def _row(self, name: str, channels: int | None) -> TrunkFigures:
        figures, registration = self._figures[name], self._registrations.get(name)
        return TrunkFigures(
            trunk=name,
            state=self._health[name].state.value,
            registration=registration.value if registration else "",
            in_use=self._channels.in_use(name),
            channels=channels,
            calls=figures.calls,
            unanswered=figures.causes.total(),
            causes={str(cause): count for cause, count in sorted(figures.causes.items())},
        )

    def _pool(self, now: datetime) -> Pool:
        for name, health in self._health.items():
            if health.damped_until is not None and health.damped_until <= now:
                self._become(name, hear(health, TrunkEvent.TIME, self._routing, now))
        states = {
            name: standing(health.state, self._registrations.get(name))
            for name, health in self._health.items()
        }
        not_up = {name: state for name, state in states.items() if state is not TrunkState.UP}
        numbers = {name: health.refused for name, health in self._health.items() if health.refused}
        return Pool(self._routing, self._channels.load, not_up, numbers)

    def _listen(self, before: Conference, after: Conference, now: datetime) -> None:
        for call in after.calls[len(before.calls) :]:
            if call.trunk in self._figures:
                self._figures[call.trunk].calls += 1
        for news in heard_of(before, after):
            if news.trunk not in self._health:
                continue  # no longer configured
            if news.cause is not None:
                self._figures[news.trunk].causes[news.cause] += 1
            health = self._health[news.trunk]
            if news.carried:
                self._become(news.trunk, hear(health, TrunkEvent.CARRIED, self._routing, now))
            elif news.carried is False:
                self._become(news.trunk, failed(health, self._routing, now))
            elif news.refused:
                self._become(news.trunk, refused(health, news.refused, self._routing, now))
            elif news.contradicted:
                self._become(news.trunk, hear(health, TrunkEvent.CONTRADICTED, self._routing, now))

    def _become(self, name: str, health: Health) -> None:
        before, self._health[name] = self._health[name], health
        if before.state is health.state:
            return
        facts = {"in_use": self._channels.in_use(name), "refused": len(health.refused) or None}
        if not self._alarm(name, health.state, **facts) and health.state is TrunkState.UP:
            self._log.info("trunk up", trunk=name)

    def _alarm(self, name: str, state: TrunkState, **facts: object) -> bool:
        """The one of the state stands, and no other; whether any changed."""
        over = [self._alarms.clear(kind, name) for bad, kind in _ALARMS.items() if bad is not state]
        raised = state in _ALARMS and self._alarms.raise_(_ALARMS[state], name, **facts)
        return raised or any(over)
