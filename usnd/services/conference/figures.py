"""How many conferences run, and who is in them, for monitoring/gather.py."""

from collections.abc import Iterable

from usnd.domain.conference.model import Conference
from usnd.services.figures import ConferenceFigures


def conference_figures(live: Iterable[Conference]) -> ConferenceFigures:
    """`live`: the conferences that run."""
    conferences = [*live]
    calls = [call for conference in conferences for call in conference.calls if call.live]
    in_rooms = sum(call.in_room for call in calls)
    return ConferenceFigures(running=len(conferences), calls=len(calls), in_rooms=in_rooms)
