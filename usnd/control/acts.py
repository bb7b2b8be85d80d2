"""What a request on the control socket does: calls the service, and says in a sentence what came of it.

Called by the server with a request that is allowed; services/conference/administration.py decides, and what
it refuses is refused in its words. What the sites ask for is in provisioning.py and portal.py.
"""

from collections.abc import Iterable

from usnd.control.answers import Answer, Done, Live, PersonRow, Refusal, RefusalCode
from usnd.control.portal import PortalActs
from usnd.control.portal_requests import OfPortal
from usnd.control.provisioning import ProvisioningActs
from usnd.control.requests import (
    Acknowledge,
    Add,
    AnsweredOnce,
    Drop,
    End,
    Instruction,
    Launch,
    Lock,
    Look,
    Mute,
    Provision,
    Provisioning,
    StartBulk,
)
from usnd.control.rows import CallRow, HappeningRow, call_rows, second
from usnd.domain.conference.launch import InstantConference, Named
from usnd.domain.conference.model import Conference, Participant
from usnd.domain.numbers.e164 import example_number, to_e164
from usnd.services.asker import Asker
from usnd.services.conference.administration import Administration, Refused, RequestReused
from usnd.services.conference.happenings import Happening
from usnd.services.conference.launch import Launched, LaunchRequest, Running


class Acts:
    """`home_region`: whose national numbers are meant. portal: None: this node has none."""

    def __init__(
        self,
        administration: Administration,
        provisioning: ProvisioningActs,
        home_region: str,
        portal: PortalActs | None = None,
    ) -> None:
        self._portal = portal
        self._administration = administration
        self._provisioning = provisioning
        self._home_region = home_region

    async def act(self, request: AnsweredOnce, by: Asker) -> Answer:
        """Does it, for that person, while they wait for it."""
        try:
            if isinstance(request, OfPortal):
                return await self._at_portal(request, by)
            return await self._act(request, by)
        except RequestReused as refused:
            return Refusal(code=RefusalCode.REQUEST_REUSED, refused=str(refused))
        except Refused as refused:
            return Refusal(code=RefusalCode.NOT_POSSIBLE, refused=str(refused))

    async def _at_portal(self, request: OfPortal, by: Asker) -> Answer:
        if self._portal is None:
            raise Refused("this node has no portal: set provisioning.credential_key")
        return await self._portal.act(request, by)

    async def _act(self, request: Instruction | Look | Provisioning, by: Asker) -> Answer:
        administration = self._administration
        match request:
            case Look(conference=conference):
                lately = tuple(happening_row(one) for one in administration.lately(conference))
                return Live(calls=_calls(administration.live(conference)), lately=lately)
            case Launch():
                return await self._launch(request, by)
            case End(conference=conference, dry_run=True):
                return Done(said="these would be released", calls=_calls(administration.live(conference)))
            case End(conference=conference):
                await administration.end(conference, by)
                return Done(said=f"conference {conference} is ending", conference=conference)
            case Add(conference=conference, members=members):
                called = await administration.add(conference, members, by)
                said = "calling" if called else "all of them are in it or being called already"
                return Done(
                    said=f"conference {conference}: {said}", conference=conference, people=_people(called)
                )
            case Drop(conference=conference, who=who):
                call = await administration.drop(conference, who, by)
                return Done(said=f"conference {conference}: {call.name or call.number or call.id} dropped")
            case Mute(conference=conference, who=who, on=on):
                await administration.mute(conference, who, by, on=on)
                return Done(said=f"conference {conference}: {who or 'all'} {'' if on else 'un'}muted")
            case Lock(conference=conference, on=on):
                await administration.lock(conference, by, on=on)
                return Done(said=f"conference {conference} {'' if on else 'un'}locked")
            case Provision() | StartBulk() | Acknowledge():
                return await self._provisioning.act(request)

    async def _launch(self, request: Launch, by: Asker) -> Answer:
        if bool(request.members) is (request.number is not None):
            raise Refused("name either whom to call or a stored conference")
        subscriber = to_e164(request.subscriber, self._home_region)
        if subscriber is None:
            example = example_number(self._home_region)
            raise Refused(f"{request.subscriber} is not a phone number: write it as {example}")
        whom = InstantConference(request.number) if request.number is not None else Named(request.members)
        asked = LaunchRequest(subscriber, whom, by, key=request.request)
        result = await self._administration.launch(asked, dry_run=request.dry_run)
        if isinstance(result, Running):
            said = f"conference {result.conference} is running without its subscriber, who is being called"
            return Done(said=said, conference=result.conference)
        return Done(said=_told(result), conference=result.conference, people=_people(result.called))


def _told(launched: Launched) -> str:
    if launched.again:
        return f"conference {launched.conference} was already launched by this request: nothing was done"
    if launched.conference is None:
        return "the subscriber and these would be called"
    return f"conference {launched.conference} launched: calling the subscriber and these"


def _people(called: Iterable[Participant]) -> tuple[PersonRow, ...]:
    return tuple({"number": person.number, "name": person.name} for person in called)


def happening_row(one: Happening) -> HappeningRow:
    """For people and programs."""
    return {"at": second(one.at), "conference": one.conference, "who": one.who, "what": one.what}


def _calls(conferences: Iterable[Conference]) -> tuple[CallRow, ...]:
    return tuple(row for conference in conferences for row in call_rows(conference))
