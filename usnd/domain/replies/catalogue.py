"""Every text the node sends, as a catalogue: one entry a message, ready for translation.

Whoever answers makes a `Reply`, a key with its values, and `render` makes the text. All wording is here.
Values come from subscribers' texts, so they are cleaned here, at the one place where they go out again; lists
are cut to fit a segment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import unique
from types import MappingProxyType

from usnd.domain.messaging.gsm_alphabet import GSM, GSM_EXTENSION
from usnd.domain.sms.characters import echo_of
from usnd.domain.tables import TableKey

DEFAULT_LANGUAGE = "en"
LONGEST_ECHO = 24
SEGMENT = 160
"""Septets of a text of one part (TS 23.038)."""
LONGEST_LISTING = 3 * 153
"""Septets of an answer that somebody asked to read: three parts."""
_LONGEST_UCS2 = 3 * 134
"""Octets of an answer with a character that GSM 03.38 has not: three parts, whatever it is."""
_ECHOES = (LONGEST_ECHO, 12, 6)
"""How long a word is said back, and the only item that is left of a list, until the text fits."""
_MOST_SHOWN = 6
_MOST_LISTED = 60


@unique
class Say(TableKey):
    """What can be said. The value is the English text; `{…}` are filled in by `render`."""

    NO_SERVICE = "This number is not registered for Instant Conferencing."
    SUSPENDED = "Your Instant Conferencing service is suspended. Please contact customer care."

    # What cannot be understood.
    EMPTY = "There is no command in your text. Text ? for help."
    UNKNOWN_COMMAND = "{command} is not a command. Commands: {commands}. Text ? <command> for its syntax."
    ENOUGH = "Too many texts came from your phone: this one did nothing. Please wait some minutes."
    NO_COMMAND = "{command} is not a command. Nothing was done."
    TOO_LONG = "Your text has {count} words: at most {most} can be understood. Nothing was done."
    SYNTAX = "{problem} Write: {syntax}"
    UNCLEAR = "Nothing was done."
    ONE_COMMAND = "Send one command in a text. Nothing was done."
    DID_YOU_MEAN = "Did you mean: {command}"
    DID_YOU_MEAN_ONE = "Did you mean: {command} - or: {other}"
    NICK_AND_PHONE_MISSING = "A nick and a phone number are needed."
    NICK_MISSING = "A nick is needed."
    NICK_OR_PHONE_MISSING = "A nick or a phone number is needed."
    CHANGE_MISSING = "What to change is missing."
    SIGN_ALONE = "A - needs its group right behind it."
    IN_AND_OUT = "A group is named with and without -."
    GROUP_AND_MEMBER_MISSING = "A group and at least one member are needed."
    ONE_GROUP = "Name one group."
    ONE_USER = "Name one user."
    UNCLEAR_WORD = "It is not clear what {word} means. Nothing was done."
    UNCLEAR_WORD_WRITE = "It is not clear what {word} means. Write: {syntax}"
    MEMBERS_MISSING = "Whom to call is missing."
    CONFERENCE_NUMBER = "x is a conference's number, 1 to 30."
    CONFERENCE_ALONE = "Only the number of a conference is needed."
    RECIPIENTS_MISSING = "Whom to text is missing."
    TEXT_MISSING = "The text, behind a colon, is missing."

    # Help.
    HELP = "Commands: {commands}. Text ? <command> for its syntax."
    HELP_COMMAND = "{syntax}: {explains}"
    UC_SYNTAX = "UC <nick> <phone> <First.Last> <[-]group>..."
    UC_HELP = "create a user and put them into groups. A nick begins with a letter; the rest may be left out."
    UE_SYNTAX = "UE <nick> <phone> <First.Last> <[-]group>..."
    UE_HELP = "change a user. Write only what changes; -group takes the user out of it."
    UD_SYNTAX = "UD <nick or phone>"
    UD_HELP = "delete a user, also from all groups and conferences."
    UL_SYNTAX = "UL <nick, name or phone>"
    UL_HELP = "look up users; a part of the word is enough."
    GC_SYNTAX = "GC <group> <nick, phone or group>..."
    GC_HELP = "create a group or replace its members. A group's name begins with a letter."
    GL_SYNTAX = "GL <group>"
    GL_HELP = "list the members of a group. GL alone lists your groups."
    GD_SYNTAX = "GD <group>"
    GD_HELP = "delete a group; its members stay."
    IC_SYNTAX = "IC <nick, phone or group>..."
    IC_HELP = "call all of them and you into a conference. IC 3 calls your conference 3."
    CCX_SYNTAX = "CCx <nick, phone or group>..."
    CCX_HELP = "define or redefine your conference x, 1 to 30. Text ICx to call it."
    ICX_SYNTAX = "ICx"
    ICX_HELP = "call everybody of your conference x, 1 to 30, as defined with CCx."
    LCX_SYNTAX = "LCx"
    LCX_HELP = "list who is in your conference x, 1 to 30. LC alone lists your conferences."
    SB_SYNTAX = "SB <nick, phone or group>... : <text>"
    SB_HELP = "send the text to all of them, without a call. They see your number."
    HELP_SYNTAX = "? <command>"
    HELP_HELP = "explain a command. ? alone lists all."

    # Names and numbers.
    BAD_NUMBER = "{word} is not a phone number. Write it as {example} or as you dial it."
    UNSURE_NUMBER = (
        "{word} may not be a whole phone number. If it is one, write it as {example}, with + in front."
    )
    UNSURE_NUMBERS = "Not whole phone numbers: {names}. Write them as {example}, with +. Nothing was done."
    BAD_NAME = "{word} cannot be a name: begin with a letter, 2 to 20 letters, digits, _ . & ' or -."
    BAD_PERSON = "{word} cannot be a person's name: write First.Last, at most {most} letters."
    USER_EXISTS = "{nick} is already a user of yours, {number}. Change it with UE, or choose another nick."
    NAME_TAKEN_BY_USER = "{name} is already a user of yours. Choose another name."
    NAME_TAKEN_BY_GROUP = "{name} is already a group of yours. Choose another name."
    GROUP_LIKE_NICK = "{name} is the nick already. Choose another name for the group."
    SIMILAR_NAMES = "Not known: {names}. Nothing was done."
    SIMILAR_NAMES_MEANT = "Not known: {names}. Did you mean {likely}? Nothing was done."
    UNKNOWN_NAMES = "Not known: {names}. Create users with UC, groups with GC. Nothing was done."
    UNKNOWN_USER = "You have no user {word}. Text UL to see your users."
    UNKNOWN_GROUP = "You have no group {word}. Text GL to see your groups."
    SEVERAL_USERS = "{number} is the number of {names}. Write the nick. Nothing was done."
    CYCLE = "A group cannot contain itself: {path}. Nothing was done."

    # What was done with users, groups and conferences, and what they are.
    USER_CREATED = "User {nick} created: {details}."
    USER_CREATED_IN = "User {nick} created: {details}, in {groups}."
    USER_CHANGED = "User {nick} changed: {details}, in no group."
    USER_CHANGED_IN = "User {nick} changed: {details}, in {groups}."
    USER_DELETED = "User {nick} deleted."
    USER_DELETED_FROM = "User {nick} deleted, also from {holders}."
    USER_FOUND = "{nick}: {details}, in no group."
    USER_FOUND_IN = "{nick}: {details}, in {groups}."
    USERS_FOUND = "{count} found: {users}."
    NO_USER_FOUND = "No user of yours has {words} in nick, name or number."
    NO_USERS = "You have no users yet. Write: {syntax}"
    GROUP_CREATED = "Group {name} created ({count}): {names}."
    GROUP_REPLACED = "Group {name} replaced ({count}): {names}."
    GROUP_LISTED = "Group {name} ({count}): {names}."
    GROUP_EMPTY = "Nobody is in group {name}. Write: {syntax}"
    GROUP_DELETED = "Group {name} deleted. Its members stay."
    GROUP_DELETED_FROM = "Group {name} deleted, also from {holders}. Its members stay."
    GROUPS_LISTED = "Your groups ({count}): {names}."
    NO_GROUPS = "You have no groups yet. Write: {syntax}"
    CONFERENCE_CREATED = "Conference {number} created ({count}): {names}. Text IC {number} to call."
    CONFERENCE_REPLACED = "Conference {number} replaced ({count}): {names}. Text IC {number} to call."
    CONFERENCE_LISTED = "Conference {number} ({count}): {names}. Text IC {number} to call."
    CONFERENCE_EMPTY = "Nobody is in conference {number} any more. Text CC{number} and whom to call."
    NO_CONFERENCE = "Conference {number} is not defined yet. Text CC{number} and whom to call."
    WAY_BY_NUMBER = "Or call {dnis}."
    WAY_BY_PIN = "Or call {number}: Activation PIN {activation}, User PIN {user}."
    WAYS_IN = "Or call {dnis}, or {number}: Activation PIN {activation}, User PIN {user}."
    CONFERENCES_LISTED = "Your conferences: {names}. Text LC <number> to see who is in it."
    NO_CONFERENCES = "You have no conferences yet. Write: {syntax}"

    TOO_MANY_NUMBERS = "{count} bare numbers are too many for a conference: at most {most}. Nothing was done."

    # Calls.
    NOBODY = "Nobody to call: only your own number is named."
    EMPTY_GROUPS = "Nobody to call: nobody is in {names}."
    TOO_MANY = "{count} people are too many: at most {most} can be called. Nothing was done."
    LAUNCHED = "Calling you and {count} more: {names}."
    STILL_RUNNING = "Your conference is still running: you are being called into it."
    RECALLED = "Your conference is waiting for you: we are calling you back."
    NO_VOICE = "Calls cannot be placed at the moment. Please text again in a few minutes."
    INCOMPLETE = "Only part of your text arrived. Please send it again."
    NO_CREDIT = "Your conference could not be launched: there is not enough credit on your account."
    REVIVED = "A fault broke your conference off. Everybody who was in it is being called again."
    BARRED = "These cannot be called with your service: {names}. Nothing was done."
    NO_LINE = "All lines are busy at the moment: nobody was called. Please try again in a few minutes."
    NO_LINE_FOR = "Somebody could not be called into your conference: all lines are busy."
    NO_MINUTES = "Your conference minutes of this month are used up."
    MINUTES_ENDED = "Your conference was ended: your conference minutes of this month are used up."
    TIME_LIMIT = "Your conference has reached the longest time that your service allows, and was ended."
    NOT_RECORDED = "Your conference is not recorded: recording is not possible at the moment."
    MENU = "Keys during your conference: {keys}."

    CALLED_INTO_IT = (
        "Your conference is still running: we are calling you into it. To call others instead, end it first."
    )
    NOT_REACHED = "Your conference has begun without you: {why}. Text the same again, or call in, to join it."
    CALLED_AGAIN = "Your conference has begun without you: {why}. We are calling you again."
    NOT_HELD = "Your conference did not take place: {why}."
    WAS_BUSY = "your phone was busy"
    DID_NOT_ANSWER = "you did not answer"
    DID_REJECT = "the call to your phone was rejected"
    DID_NOT_PRESS = "nobody pressed 1"
    WAS_UNREACHABLE = "your phone could not be reached"
    NOBODY_AT_ALL = "Your conference did not take place: {why}, and nobody else was reached: {people}."
    NOBODY_REACHED = "Nobody could be reached for your conference: {people}."

    # Texts to other people (REQUIREMENTS S10).
    BLAST = "From {sender}: {text}"
    BLAST_SENT = "Your text goes to {count}: {names}."
    NOT_SENT = "Your text was not sent to {names}: {why}."
    PERHAPS_SENT = "It is not known whether your text reached {names}."
    NETWORK_REFUSED = "the network refused it"
    NETWORK_NOT_IN_TIME = "the network did not take it in time"
    NETWORK_DID_NOT = "the network did not take it"
    NOBODY_TO_TEXT = "Nobody to text: only your own number is named."
    NOBODY_IN = "Nobody to text: nobody is in {names}."
    TOO_MANY_TO_TEXT = "{count} people are too many: at most {most} can be texted. Nothing was done."
    TEXT_TOO_LONG = "{count} characters are too many for one text: at most {most}. Nothing was done."
    CALL_TEXT = "{sender} is calling you into a conference."
    CALL_TEXT_BACK = "{sender} is calling you into a conference. Missed it, or dropped out? Call {number}."
    CALL_TEXT_PIN = (
        "{sender} is calling you into a conference. Missed it, or dropped out? Call {number}, PIN {pin}."
    )

    # Parts of others.
    AND_MORE = "{shown} and {count} more"

    # The portal (REQUIREMENTS W1).
    PORTAL_CODE = (
        "{code} is your code for the conference portal, for {minutes} minutes. Nobody of us asks you for it."
    )
    PIN_SHARED = "{sender} invites you to a conference. While it runs, call {number}, PIN {pin}, to join it."
    PORTAL_CHANGED = (
        "The password of your conference portal was changed. If that was not you, call customer care at once."
    )


Catalogues = Mapping[str, Mapping[Say, str]]
CATALOGUES: Catalogues = MappingProxyType({})
"""Translations by language (ISO 639-1). What none has is said in English, as `Say` has it."""

_LISTINGS = frozenset(
    {Say.USER_FOUND_IN, Say.USERS_FOUND, Say.GROUP_LISTED, Say.GROUPS_LISTED}
    | {Say.CONFERENCE_LISTED, Say.CONFERENCES_LISTED}
)
NOT_UNDERSTOOD = frozenset(
    {Say.EMPTY, Say.UNKNOWN_COMMAND, Say.NO_COMMAND, Say.TOO_LONG, Say.SYNTAX, Say.UNCLEAR, Say.ONE_COMMAND}
    | {Say.UNCLEAR_WORD, Say.UNCLEAR_WORD_WRITE, Say.UNSURE_NUMBER, Say.UNSURE_NUMBERS}
    | {Say.BAD_NUMBER, Say.BAD_NAME, Say.BAD_PERSON, Say.USER_EXISTS, Say.GROUP_LIKE_NICK}
    | {
        Say.NAME_TAKEN_BY_USER,
        Say.NAME_TAKEN_BY_GROUP,
        Say.UNKNOWN_NAMES,
        Say.UNKNOWN_USER,
        Say.UNKNOWN_GROUP,
    }
    | {Say.SIMILAR_NAMES, Say.SIMILAR_NAMES_MEANT, Say.SEVERAL_USERS, Say.CYCLE}
    | {Say.CONFERENCE_ALONE, Say.NO_CONFERENCE, Say.CONFERENCE_EMPTY}
)
"""What answers a text that does nothing until it is written otherwise."""
_TWO_SEPTETS = frozenset(GSM_EXTENSION.values()) - {" "}
_SEPTETS = (frozenset(GSM) - {"\x1b"}) | _TWO_SEPTETS
"""A text with another character than these goes out in UCS-2."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One message: what, the values to fill in, and the language to say it in."""

    say: Say
    values: Mapping[str, object]
    language: str = DEFAULT_LANGUAGE
    also: "Reply | None" = None
    """Said behind it, in the same text and language."""
    offers: tuple[str, ...] = ()
    """Commands that may have been meant, at most two, as they are to be sent; said at the end."""

    def offering(self, *commands: str) -> "Reply":
        """The same message with commands that may have been meant: two are said, empty ones are not."""
        return replace(self, offers=tuple(dict.fromkeys(filter(None, commands)))[:2])

    def said_in(self, language: str) -> "Reply":
        """The same message in another language."""
        return self if language == self.language else replace(self, language=language)


def reply(say: Say, **values: object) -> Reply:
    """A reply, in the words of its caller. A tuple is a list, cut to fit; a `Say` is a part to be said."""
    return Reply(say, values)


def render(message: Reply, catalogues: Catalogues = CATALOGUES) -> str:
    """The text to send, in as many parts as it may have, if cutting lists and echoes can make it fit."""
    most = _MOST_LISTED if message.say in _LISTINGS else _MOST_SHOWN
    longest = max((len(value) for value in message.values.values() if isinstance(value, tuple)), default=1)
    for shown in range(min(most, longest), 1, -1):
        text = _Voice(catalogues, message.language).tell(message, shown)
        if _has_room(message, text):
            return text
    for echo in _ECHOES:
        text = _Voice(catalogues, message.language, echo).tell(message, 1)
        if _has_room(message, text):
            break
    return text


def fits(message: Reply, catalogues: Catalogues = CATALOGUES) -> bool:
    """Whether all of it is told."""
    return _has_room(message, render(message, catalogues))


def _has_room(message: Reply, text: str) -> bool:
    """Within one part; within three where a list was asked for, a command is offered, or UCS-2 is needed."""
    if not _SEPTETS.issuperset(text):
        return len(text.encode("utf-16-be", "replace")) <= _LONGEST_UCS2
    longest = LONGEST_LISTING if message.offers or message.say in _LISTINGS else SEGMENT
    return len(text) + sum(map(text.count, _TWO_SEPTETS)) <= longest


@dataclass(frozen=True, slots=True)
class Echo:
    """A word of the subscriber's own, to be said back."""

    word: str


@dataclass(frozen=True, slots=True)
class _Voice:
    """Says things in a language."""

    catalogues: Catalogues
    language: str
    longest: int = LONGEST_ECHO

    def tell(self, message: Reply, most: int) -> str:
        """The whole text, with at most so many of each list's items."""
        said = [self.say(message.say, message.values, most)]
        if message.also is not None:
            said.append(self.tell(message.also, most))
        if message.offers:
            command, *others = message.offers
            say = Say.DID_YOU_MEAN_ONE if others else Say.DID_YOU_MEAN
            said.append(self.say(say, {"command": command, "other": "".join(others)}, most))
        return " ".join(said)

    def say(self, say: Say, values: Mapping[str, object], most: int) -> str:
        """The text, with at most so many of each list's items."""
        text = self.catalogues.get(self.language, {}).get(say, say.value)
        return text.format_map({key: self._shown(value, most) for key, value in values.items()})

    def _shown(self, value: object, most: int) -> str:
        """A value fit to send."""
        if isinstance(value, Echo):
            return echo_of(value.word, self.longest)
        if isinstance(value, Say):
            return self.say(value, {}, most)
        if isinstance(value, tuple):
            shown = ", ".join(self._item(item, most) for item in value[:most])
            more = len(value) - most
            return self.say(Say.AND_MORE, {"shown": shown, "count": more}, most) if more > 0 else shown
        return str(value)

    def _item(self, value: object, most: int) -> str:
        """One of a list; a long one is cut where nothing else made the text fit."""
        shown = self._shown(value, most)
        cut = self.longest < LONGEST_ECHO and len(shown) > self.longest
        return f"{shown[: self.longest - 1]}~" if cut else shown
