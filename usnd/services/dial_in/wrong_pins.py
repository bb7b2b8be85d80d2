"""Wrong PINs: how many each calling number typed, which bars it, and how many all did, which is an alarm.

admission.py tells each, and asks before it takes a PIN; domain/dial_in/wrong_pins.py decides. Both counts are
bounded, in memory, and forgotten at a restart.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from usnd.domain.alarms.catalogue import PINS_GUESSED
from usnd.domain.dial_in.wrong_pins import Guesses, GuessRules, guesses_go_on, wrong_pin
from usnd.services.alarms.alarms import Alarms
from usnd.services.figures import WrongPinFigures

_MOST_NUMBERS = 10_000
"""Whose wrong PINs are remembered; the oldest is forgotten first."""
_MOST_LATELY = 10_000
_LATELY = timedelta(hours=1)
_WITHHELD = "withheld on "


def withheld_on(trunk: str) -> str:
    """What stands for the number of all who withhold theirs there."""
    return f"{_WITHHELD}{trunk}"


class WrongPins:
    """All wrong PINs of this node, by calling number, or `withheld_on` a trunk."""

    def __init__(self, rules: GuessRules, alarms: Alarms, since: datetime) -> None:
        """`since`: when it began to count, UTC."""
        self._rules, self._alarms, self._since = rules, alarms, since
        self._guesses: OrderedDict[str, Guesses] = OrderedDict()
        self._lately: deque[datetime] = deque(maxlen=_MOST_LATELY)
        self._count = 0

    def barred(self, number: str, now: datetime) -> bool:
        """The number may not try now."""
        return self._guesses.get(number, Guesses()).barred(now)

    def go_on(self, number: str, now: datetime) -> bool:
        """PINs are being guessed from that number, also where it is not barred just now."""
        return guesses_go_on(self._guesses.get(number, Guesses()), self._rules, now)

    def wrong(self, number: str, now: datetime) -> Guesses:
        """One more wrong PIN from that number."""
        before, withheld = self._guesses.pop(number, Guesses()), number.startswith(_WITHHELD)
        guesses = wrong_pin(before, self._rules, now, withheld=withheld)
        self._guesses[number] = guesses
        if len(self._guesses) > _MOST_NUMBERS:
            self._guesses.popitem(last=False)
        self._count += 1
        self._lately.append(now)
        return guesses

    def figures(self, now: datetime) -> WrongPinFigures:
        """To be asked each second, since the alarm ends with the time."""
        while self._lately and now - self._lately[0] > _LATELY:
            self._lately.popleft()
        self._judge(len(self._lately), now)
        return WrongPinFigures(
            wrong_pins=self._count,
            wrong_last_hour=len(self._lately),
            barred=sum(guesses.barred(now) for guesses in self._guesses.values()),
            alarm=self._alarms.is_raised(PINS_GUESSED),
        )

    def _judge(self, lately: int, now: datetime) -> None:
        limits = self._rules.alarm
        if lately < limits.clear_at and now - self._since < _LATELY:
            return  # what was guessed in the former life is not known, and not over yet
        self._alarms.judge(PINS_GUESSED, "", lately, limits, wrong_last_hour=lately)
