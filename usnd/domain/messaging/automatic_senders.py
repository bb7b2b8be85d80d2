"""How much one number may say to us: more than a person does, less than an automaton (REQUIREMENTS S13).

A phone that answers every text, an SMSC that sends our own texts back, two services that text each other:
what they send is mostly not understood. So texts in a row that lead to nothing get a few answers, then one
in a while; the first command that does something ends the row. And of all texts of a number only so many are
obeyed: beyond that, nothing is done, which is said once.

The caller works on a `BatchCount` inside its transaction, which may run twice, and adopts it after the
commit. Memory is bounded: whoever was quiet for long is forgotten, and of too many the one who was heard
longest ago.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from usnd.domain.replies.catalogue import Say
from usnd.domain.sms.decision import Decision

_MOST_NUMBERS = 20_000
_ANSWERS_A_QUESTION = frozenset(
    {
        Say.USER_FOUND,
        Say.USER_FOUND_IN,
        Say.USERS_FOUND,
        Say.GROUP_LISTED,
        Say.GROUPS_LISTED,
        Say.CONFERENCE_LISTED,
        Say.CONFERENCES_LISTED,
    }
)


class Hearing(Enum):
    """What becomes of a text before it is read."""

    OBEY = "obey"
    SAY_ENOUGH = "say once that it is too much"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class AutomaticSenderRules:
    """What the operator may set. answers: to texts in a row that lead to nothing; one more each answer_pause.
    commands: texts in a row that are obeyed; one more each command_pause.
    """

    answers: int = 8
    answer_pause: timedelta = timedelta(seconds=120)
    commands: int = 100
    command_pause: timedelta = timedelta(seconds=20)


class _Said(NamedTuple):
    """Of one number: how many texts count at that time; `warned`: it was told that it is too much."""

    at: datetime
    commands: float = 0.0
    idle: float = 0.0
    warned: bool = False

    def aged(self, now: datetime, rules: AutomaticSenderRules) -> "_Said":
        """The same later: what was said long ago does not count. A clock set back changes nothing."""
        passed = max(timedelta(0), now - self.at)
        commands = max(0.0, self.commands - passed / rules.command_pause)
        idle = max(0.0, self.idle - passed / rules.answer_pause)
        return _Said(now, commands, idle, self.warned and commands > 0)


def leads_to_nothing(decision: Decision) -> bool:
    """Nothing is done, and no question answered: not understood, refused, or help."""
    did = decision.changes or decision.launch or decision.recall or decision.texts
    return not did and decision.reply.say not in _ANSWERS_A_QUESTION


class SenderHistory:
    """What all numbers said lately."""

    def __init__(self, rules: AutomaticSenderRules) -> None:
        self.rules = rules
        self._said: OrderedDict[str, _Said] = OrderedDict()

    def trial(self, now: datetime) -> "BatchCount":
        """For one transaction at `now`."""
        return BatchCount(self, now)

    def adopt(self, trial: "BatchCount") -> None:
        """What the transaction counted holds: it is committed."""
        for number, said in trial.changed.items():
            self._said[number] = said
            self._said.move_to_end(number)
        while len(self._said) > _MOST_NUMBERS:
            self._said.popitem(last=False)

    def of(self, number: str, now: datetime) -> _Said:
        """What counts of that number now."""
        said = self._said.get(number)
        return _Said(now) if said is None else said.aged(now, self.rules)


@dataclass(slots=True)
class BatchCount:
    """What one transaction counts, on top of what is known."""

    talk: SenderHistory
    now: datetime
    changed: dict[str, _Said] = field(default_factory=dict)

    def hear(self, number: str) -> Hearing:
        """One more text of that number."""
        said = self._of(number)
        if said.commands + 1 <= self.talk.rules.commands:
            self.changed[number] = said._replace(commands=said.commands + 1)
            return Hearing.OBEY
        self.changed[number] = said._replace(warned=True)
        return Hearing.IGNORE if said.warned else Hearing.SAY_ENOUGH

    def answers(self, number: str, decision: Decision) -> bool:
        """Whether what was decided for a text that was obeyed is answered."""
        said = self._of(number)
        if not leads_to_nothing(decision):
            self.changed[number] = said._replace(idle=0.0)
            return True
        admitted = said.idle + 1 <= self.talk.rules.answers
        if admitted:
            self.changed[number] = said._replace(idle=said.idle + 1)
        return admitted

    def _of(self, number: str) -> _Said:
        return self.changed.get(number) or self.talk.of(number, self.now)
