"""Whether a subscriber's conference is launched now, and who is called: one decision, whoever asks for it.

The meaning of a text (sms/interpreter.py) comes here once its words are members; a call in, the console and
later the portal come here by services/conference/launch.py. The answer is a `Decision`: what the subscriber
would read, and either a launch, a call back into the conference that goes on, or neither.
"""

import hashlib
import json
from dataclasses import dataclass

from usnd.domain.conference.model import ABSENT, OVER, ConferenceState, Participant
from usnd.domain.directory.lookup import known_in, members_of
from usnd.domain.directory.model import Directory, Member, Subscriber, people, spelled
from usnd.domain.messaging.message import Priority
from usnd.domain.replies.catalogue import Reply, Say, reply
from usnd.domain.sms.decision import Decision, Situation, TextRules, TextTo
from usnd.domain.sms.lookup_commands import no_conference
from usnd.domain.sms.words import Said, words_in


@dataclass(frozen=True, slots=True)
class InstantConference:
    """The stored conference of that number (1 to 30)."""

    number: int


@dataclass(frozen=True, slots=True)
class Named:
    """Nicks, groups and phone numbers, as an administrator names them."""

    words: tuple[str, ...]


Whom = InstantConference | Named


@dataclass(frozen=True, slots=True)
class EarlierLaunch:
    """What a request id launched before. digest: of what was asked for then; None: it was not kept.

    text: the former release kept what was asked for as the text that would have asked for it.
    """

    conference: int
    digest: str | None = None
    text: str | None = None

    def asked_for(self, whom: Whom) -> bool:
        """Whether the same was asked for; where nothing was kept of it, the id alone says so."""
        if self.digest is not None:
            return self.digest == digest_of(whom)
        return self.text is None or self.text == text_of(whom)


def digest_of(whom: Whom) -> str:
    """Equal for equal requests only: the same members, written in the same way and order."""
    said = whom.number if isinstance(whom, InstantConference) else whom.words
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def text_of(whom: Whom) -> str:
    """As a release before the one with digests keeps what was asked for."""
    return f"IC {whom.number if isinstance(whom, InstantConference) else ' '.join(whom.words)}"


def decide_launch(whom: Whom, situation: Situation, subscriber: Subscriber, rules: TextRules) -> Decision:
    """For who does not write texts: a call in, the console, the portal. In the subscriber's language."""
    return _decide(whom, situation, subscriber, rules).said_in(subscriber.language)


def _decide(whom: Whom, situation: Situation, subscriber: Subscriber, rules: TextRules) -> Decision:
    if subscriber.suspended:
        return Decision(reply(Say.SUSPENDED))
    if (running := already_running(situation)) is not None:
        return running
    directory = situation.directory
    if isinstance(whom, InstantConference):
        stored = directory.conferences.get(whom.number) or no_conference(whom.number, directory)
        return launch_of(stored, whom.number, situation, subscriber, rules)
    named = members_named(whom.words, directory, rules.home_region)
    return launch_of(named, None, situation, subscriber, rules)


def members_named(
    words: tuple[str, ...], directory: Directory, home_region: str
) -> tuple[Member, ...] | Reply:
    """The members that the words name; or what is wrong with one."""
    named = Said(words_in(" ".join(words)), known=known_in(directory)).members
    return members_of(named, directory, home_region)


def launch_of(
    members: tuple[Member, ...] | Reply,
    instant: int | None,
    situation: Situation,
    subscriber: Subscriber,
    rules: TextRules,
) -> Decision:
    """What becomes of these members. instant: the number of the conference that they are of."""
    if isinstance(members, Reply):
        return Decision(members)
    others = others_of(members, situation.directory, subscriber)
    if not others:
        return Decision(nobody(Say.NOBODY, Say.EMPTY_GROUPS, members, situation.directory))
    most = rules.of(subscriber).most_participants
    if len(others) > most:
        return Decision(reply(Say.TOO_MANY, count=len(others), most=most))
    if barred := tuple(person for person in others if not rules.plan.permits(person.number)):
        return Decision(reply(Say.BARRED, names=names_of(barred)))
    if situation.seconds_left == 0:
        return Decision(reply(Say.NO_MINUTES))
    if not situation.voice_up:
        return Decision(reply(Say.NO_VOICE))
    texts = _call_texts(others, subscriber, rules)
    return Decision(
        reply(Say.LAUNCHED, count=len(others), names=names_of(others)),
        launch=others,
        texts=texts,
        instant=instant,
        tells=instant if texts else None,
        talk_seconds=situation.seconds_left,
    )


def already_running(situation: Situation) -> Decision | None:
    """Their conference goes on: they are called into it again, also if they seem to be in it.

    Their call may be dead, which nobody here can know (REQUIREMENTS C13): the new one takes its place.
    """
    state = situation.conference
    if state is None or state in OVER:
        return None
    if state is ConferenceState.GATHERING:
        return Decision(reply(Say.STILL_RUNNING))
    if not situation.voice_up:
        return Decision(reply(Say.NO_VOICE))
    return Decision(reply(Say.RECALLED if state in ABSENT else Say.CALLED_INTO_IT), recall=True)


def lines_busy(subscriber: Subscriber) -> Decision:
    """What a launch becomes for which not all lines are free: nobody is called (REQUIREMENTS C10)."""
    return Decision(reply(Say.NO_LINE)).said_in(subscriber.language)


def others_of(
    members: tuple[Member, ...], directory: Directory, subscriber: Subscriber
) -> tuple[Participant, ...]:
    """Everybody meant, each number once, without the subscriber."""
    return tuple(person for person in people(directory, members) if person.number != subscriber.number)


def nobody(alone: Say, empty: Say, members: tuple[Member, ...], directory: Directory) -> Reply:
    """Nobody is left: only the subscriber was named, or groups without a member."""
    if people(directory, members):
        return reply(alone)
    return reply(empty, names=tuple(map(spelled, members)))


def names_of(others: tuple[Participant, ...]) -> tuple[str, ...]:
    """As the subscriber reads them."""
    return tuple(person.name or person.number for person in others)


def _call_texts(
    others: tuple[Participant, ...], subscriber: Subscriber, rules: TextRules
) -> tuple[TextTo, ...]:
    """The texts beside the calls, if the subscriber wants them; they are of use only now, as replies are."""
    if not subscriber.call_texts:
        return ()
    say = Say.CALL_TEXT_BACK if rules.call_back_number else Say.CALL_TEXT
    message = reply(say, sender=subscriber.number, number=rules.call_back_number)
    return tuple(TextTo(person.number, message, Priority.REPLY) for person in others)
