"""What the console and the portal do with a subscriber's conferences (REQUIREMENTS C1, C8).

Called by control/acts.py for each request on the socket, and by services/portal/live.py. launch.py launches;
a control is decided as the key would be. All is committed when it is told.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TypeVar

from usnd.domain.conference.call import Call, CallState, Role
from usnd.domain.conference.events import Control, Feature
from usnd.domain.conference.launch import members_named
from usnd.domain.conference.model import ABSENT, OVER, Conference, Participant, Rules
from usnd.domain.directory.model import Directory, people
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.replies.catalogue import DEFAULT_LANGUAGE, Reply, render
from usnd.services.asker import Asker
from usnd.services.conference.conferences import Conferences
from usnd.services.conference.happenings import Happening
from usnd.services.conference.launch import (
    Dropped,
    KeyReused,
    Launched,
    Launches,
    LaunchRequest,
    LaunchResult,
    NotLaunched,
    Running,
)
from usnd.services.subscribers import is_suspended
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy
from usnd.store.core.writer_connection import StoreTaken

T = TypeVar("T")
_BUSY = "the database is busy: try again"
_GONE = "it took too long: nothing was done"


class Why(Enum):
    """What the portal has words of its own for."""

    NOT_POSSIBLE = "not-possible"
    BUSY = "busy"
    OVER = "over"
    """The conference does not run any more."""
    NOT_IN = "not-in"
    BARRED = "barred"
    FULL = "full"


class Refused(Exception):
    """Nothing was done; the message says why, and what to do. reply: what a text would be answered."""

    def __init__(self, message: str, why: Why = Why.NOT_POSSIBLE, reply: Reply | None = None) -> None:
        super().__init__(message)
        self.why, self.reply = why, reply


class RequestReused(Refused):
    """The request id belongs to another launch."""


class Administration:
    """Acts for subscribers. All raise Refused."""

    def __init__(
        self, store: Store, conferences: Conferences, launches: Launches, rules: Rules, home_region: str
    ) -> None:
        """home_region: whose national numbers are meant."""
        self._store = store
        self._conferences = conferences
        self._launches = launches
        self._rules = rules
        self._home_region = home_region

    def live(self, conference_id: int | None = None) -> tuple[Conference, ...]:
        """All live conferences, or that one."""
        if conference_id is None:
            return self._conferences.live
        return (self._conference(conference_id),)

    def lately(self, conference_id: int | None = None) -> tuple[Happening, ...]:
        """What was pressed and said in them lately, the oldest first."""
        of = self._conferences.happenings.of
        found = (happening for one in self.live(conference_id) for happening in of(one.id))
        return tuple(sorted(found, key=lambda happening: happening.at))

    async def launch(self, request: LaunchRequest, *, dry_run: bool) -> Launched | Running:
        """Calls the subscriber and all that are named, or says who would be called."""
        result = await self._launch(request, dry_run=dry_run)
        if isinstance(result, Running):
            _heed(request.by)
        if isinstance(result, Running) and not result.called:
            raise Refused(
                f"conference {result.conference} of {request.subscriber} is still running: "
                f"`usnd conference add {result.conference} …` calls more people into it"
            )
        if (
            isinstance(result, Running)
            and not dry_run
            and not await self._conferences.recall(result.conference)
        ):
            result = await self._launch(request, dry_run=dry_run)  # it had just ended
        if isinstance(result, Dropped):
            raise Refused(_GONE)
        if isinstance(result, NotLaunched):
            raise _refusal(result, request.subscriber)
        if isinstance(result, KeyReused):
            raise RequestReused(
                f"request {request.key} has launched conference {result.conference} already, and asked for "
                "something else then: nothing was done. Ask with a new request id, or repeat the first one "
                "as it was"
            )
        return result

    async def end(self, conference_id: int, by: Asker) -> None:
        """Everybody hears the goodbye and is released."""
        await self._ask(conference_id, Control(Feature.END, None), by)

    async def add(self, conference_id: int, words: tuple[str, ...], by: Asker) -> tuple[Participant, ...]:
        """Calls more people into it; gives those who were not in it yet."""
        conference = self._conference(conference_id)
        directory = await self._served(conference)
        members = members_named(words, directory, self._home_region)
        if isinstance(members, Reply):
            raise Refused(_in_words(members), reply=members)
        return await self._call(conference, people(directory, members), by)

    async def call_again(self, conference_id: int, call_id: str, by: Asker) -> tuple[Participant, ...]:
        """Calls once more who is out of it, by the id of a call with them; the subscriber too."""
        conference = self._conference(conference_id)
        call = conference.call(call_id)
        if call is None:
            raise Refused(f"there is no call {call_id} in conference {conference_id}", Why.NOT_IN)
        person = Participant(call.number, call.name)
        if call.role is not Role.SUBSCRIBER:
            await self._served(conference)
            return await self._call(conference, (person,), by)
        _heed(by)
        if conference.state in ABSENT and not await self._conferences.recall(conference_id):
            raise _not_running(conference_id)
        return (person,) if conference.state in ABSENT else ()

    async def _served(self, conference: Conference) -> Directory:
        """The subscriber's directory, if they are not suspended."""
        owner, number = conference.subscriber_id, conference.subscriber_number
        suspended, directory = await self._in_store(
            lambda tx: (is_suspended(tx, owner), tx.directory.load(owner))
        )
        if suspended:
            raise Refused(
                f"{number} is suspended: nobody was called, and the conference goes on. `usnd subscriber "
                f"resume {number}` gives the service back"
            )
        return directory

    async def _call(
        self, conference: Conference, wanted: Sequence[Participant], by: Asker
    ) -> tuple[Participant, ...]:
        """Those who are not in it yet, if all of them may be called."""
        live = [call for call in conference.calls if call.live]
        known = {conference.subscriber_number, *(call.number for call in live)}
        new = tuple(person for person in wanted if person.number not in known)
        if barred := [person.number for person in new if not self._rules.plan.permits(person.number)]:
            sentence = f"{', '.join(barred)} may not be called ([numbers]): nobody was called"
            raise Refused(sentence, Why.BARRED)
        most = self._rules.within(conference).most_calls
        if len(live) + len(new) > most:
            raise Refused(f"there would be more than {most} calls: nobody was called", Why.FULL)
        for person in new:
            await self._ask(conference.id, Control(Feature.ADD, None, person.number, person.name), by)
        return new

    async def drop(self, conference_id: int, who: str, by: Asker) -> Call:
        """Releases that participant's call."""
        call = self._in(conference_id, who)
        if call.role is Role.SUBSCRIBER:
            raise Refused(f"{who} is the subscriber: end the conference instead")
        await self._ask(conference_id, Control(Feature.DROP, None, target=call.id), by)
        return call

    async def mute(self, conference_id: int, who: str | None, by: Asker, *, on: bool) -> None:
        """Nobody hears that call, or any participant, until it is switched off."""
        control = Control(Feature.MUTE_ALL, None, on=on)
        if who is not None:
            control = Control(Feature.MUTE, None, target=self._in(conference_id, who).id, on=on)
        await self._ask(conference_id, control, by)

    async def lock(self, conference_id: int, by: Asker, *, on: bool) -> None:
        """Only who is called comes in, until it is switched off."""
        await self._ask(conference_id, Control(Feature.LOCK, None, on=on), by)

    async def record(self, conference_id: int, by: Asker, *, on: bool) -> None:
        """Records it, until it is switched off; each time a part of its own."""
        await self._ask(conference_id, Control(Feature.RECORD, None, on=on), by)

    def _conference(self, conference_id: int) -> Conference:
        found = (one for one in self._conferences.live if one.id == conference_id)
        if (conference := next(found, None)) is None or conference.state in OVER:
            raise _not_running(conference_id)
        return conference

    def _in(self, conference_id: int, who: str) -> Call:
        """The one live call that the word means."""
        conference = self._conference(conference_id)
        number = to_e164(who, self._home_region)
        calls = [call for call in conference.calls if call.live and call.state is not CallState.LEAVING]
        found = [c for c in calls if who == c.id or c.number == number or c.name.casefold() == who.casefold()]
        if len(found) > 1:
            raise Refused(
                f"{who} has several calls: say which, one of {', '.join(call.id for call in found)}"
            )
        if not found:
            names = ", ".join(call.name or call.number or call.id for call in calls)
            raise Refused(f"{who} is not in conference {conference_id}: in it are {names}", Why.NOT_IN)
        return found[0]

    async def _in_store(self, unit: Callable[[Transaction], T]) -> T:
        try:
            return await self._store.run(unit)
        except (StoreBusy, StoreTaken) as error:
            raise Refused(_BUSY, Why.BUSY) from error

    async def _ask(self, conference_id: int, control: Control, by: Asker) -> None:
        """The database is waited for first: what is decided in memory is done whenever it is back."""
        await self._in_store(lambda tx: tx.ask())
        _heed(by)
        self._conference(conference_id)
        await self._conferences.ask(conference_id, control)

    async def _launch(self, request: LaunchRequest, *, dry_run: bool) -> LaunchResult:
        try:
            return await self._launches.launch(request, dry_run=dry_run)
        except (StoreBusy, StoreTaken) as error:
            raise Refused(_BUSY) from error


def _heed(asker: Asker) -> None:
    """Raises Refused if nobody waits any more: what was answered as too late is not done behind."""
    if not asker.waits():
        raise Refused(_GONE, Why.BUSY)


def _not_running(conference_id: int) -> Refused:
    return Refused(f"conference {conference_id} is not running: see `usnd conference list`", Why.OVER)


def _refusal(result: NotLaunched, subscriber: str | int) -> Refused:
    if result.reply is None:
        return Refused(f"{subscriber} is not registered: usnd subscriber add {subscriber}")
    return Refused(
        f'refused: {result.number}; the subscriber would get this SMS: "{_in_words(result.reply)}"'
    )


def _in_words(message: Reply) -> str:
    return render(message.said_in(DEFAULT_LANGUAGE))
