"""How often those who have no service are told so: seldom each, and never many at once (REQUIREMENTS S4).

services/messaging/incoming.py asks before it answers such a text, and gives the time. Its memory is bounded
by the limit itself: nobody is remembered who was not told, and nobody longer than the pause.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NoServiceRules:
    """What the operator may set: the pause for one number, a minute or more, and the replies in a minute."""

    pause: timedelta = timedelta(hours=1)
    most_per_minute: int = 60


class NoServiceReplies:
    """Who was told lately."""

    def __init__(self, rules: NoServiceRules) -> None:
        self._rules = rules
        self._told: OrderedDict[str, datetime] = OrderedDict()

    def admits(self, number: str, now: datetime) -> bool:
        """Whether the number is told now; if so, it is remembered."""
        self._forget(now)
        if number in self._told or self._this_minute(now) >= self._rules.most_per_minute:
            return False
        self._told[number] = now
        return True

    def _forget(self, now: datetime) -> None:
        """Those whose pause is over; a clock that was set back begins anew."""
        while self._told:
            number, at = next(iter(self._told.items()))
            newest = next(reversed(self._told.values()))
            if newest <= now < at + self._rules.pause:
                return
            del self._told[number]

    def _this_minute(self, now: datetime) -> int:
        newest = islice(reversed(self._told.values()), self._rules.most_per_minute)
        return sum(now - at < _MINUTE for at in newest)
