"""What a text is decided upon, and what is decided: the terms between services and the meaning of texts."""

from dataclasses import dataclass, field, replace

from usnd.domain.conference.model import ConferenceState, LaunchedBy, Participant
from usnd.domain.dial_in.admission import NO_NUMBERS, DialInNumbers
from usnd.domain.directory.model import Change, Directory, Subscriber, most_participants_of
from usnd.domain.messaging.message import Priority
from usnd.domain.numbers.e164 import ANY_NUMBER, NumberPlan
from usnd.domain.replies.catalogue import DEFAULT_LANGUAGE, Reply


@dataclass(frozen=True, slots=True)
class TextRules:
    """What the operator may set about texts."""

    home_region: str
    most_participants: int = 60
    longest_blast: int = 612
    """Characters; four parts of 153 septets."""
    call_back_number: str = ""
    """Where somebody who missed the call can call; none: they are not told."""
    language: str = DEFAULT_LANGUAGE
    """Of those whose language is not known."""
    plan: NumberPlan = ANY_NUMBER
    """Whom to call, and whom not."""
    numbers: DialInNumbers = NO_NUMBERS
    """What leads into a conference."""

    def of(self, subscriber: Subscriber) -> "TextRules":
        """The rules of a subscriber, whose conferences may be smaller than the node allows."""
        most = most_participants_of(subscriber, self.most_participants)
        return self if most == self.most_participants else replace(self, most_participants=most)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the store knows of the sender at the moment of the text. No subscriber: not registered."""

    subscriber: Subscriber | None
    directory: Directory = field(default_factory=Directory)
    conference: ConferenceState | None = None
    """The state of the subscriber's live conference."""
    voice_up: bool = True
    seconds_left: int | None = None
    """Of the month's minutes; None: no limit."""


@dataclass(frozen=True, slots=True)
class TextTo:
    """A text to somebody else than the sender (REQUIREMENTS S10)."""

    number: str
    message: Reply
    priority: Priority


@dataclass(frozen=True, slots=True)
class Decision:
    """What to commit, all or nothing; the reply and the texts go out afterwards."""

    reply: Reply
    changes: tuple[Change, ...] = ()
    launch: tuple[Participant, ...] = ()
    recall: bool = False
    texts: tuple[TextTo, ...] = ()
    instant: int | None = None
    """Which conference (1 to 30) is launched; None: one of the moment."""
    tells: int | None = None
    """The ways into which conference (1 to 30) the reply or the texts are to tell: see
    domain/replies/dial_in.py."""
    talk_seconds: int | None = None
    """What its calls may talk, all together; None: no limit."""
    launched_by: LaunchedBy = LaunchedBy.TEXT

    def said_in(self, language: str) -> "Decision":
        """The same in another language."""
        said = self.reply.said_in(language)
        if said is self.reply and not self.texts:
            return self
        texts = tuple(replace(text, message=text.message.said_in(language)) for text in self.texts)
        return replace(self, reply=said, texts=texts)
