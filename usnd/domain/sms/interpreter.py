"""What a subscriber's text does: one reply, changes to the directory, perhaps a conference or a blast.

services/messaging/incoming_batch.py calls it in its unit of work. Commands are carried out here, those about
the directory in directory_commands.py and lookup_commands.py. No I/O: the caller gives the subscriber's
directory and whether a conference of theirs is alive, and commits what is decided in one transaction with the
reply (S11).
"""

from collections.abc import Callable
from dataclasses import replace

from usnd.domain.conference.launch import already_running, launch_of, names_of, nobody, others_of
from usnd.domain.directory.lookup import known_in, members_of
from usnd.domain.directory.model import Directory, Member, Subscriber
from usnd.domain.messaging.message import Priority
from usnd.domain.numbers.e164 import readings
from usnd.domain.replies.catalogue import NOT_UNDERSTOOD, Reply, Say, fits, reply
from usnd.domain.sms.commands import (
    Blast,
    CreateConference,
    CreateGroup,
    CreateUser,
    DeleteGroup,
    DeleteUser,
    EditUser,
    Help,
    LaunchAdHoc,
    LaunchConference,
    ListConference,
    ListGroup,
    LookUpUser,
    SmsCommand,
    Words,
    written,
)
from usnd.domain.sms.decision import Decision, Situation, TextRules, TextTo
from usnd.domain.sms.directory_commands import edit
from usnd.domain.sms.grammar import parse
from usnd.domain.sms.instruction_words import about_list, changing, conference_or
from usnd.domain.sms.lookup_commands import explain, look, no_conference

_MOST_DOUBTS = 4
"""Of one text: each is settled in what is offered."""


def interpret(body: str, situation: Situation, rules: TextRules, *, cut: bool = False) -> Decision:
    """What the text does. Total: any body in any situation gets exactly one reply (REQUIREMENTS S4, S11).

    cut: something behind it is missing. Then it does nothing, though it can be read: it is another text.
    """
    subscriber = situation.subscriber
    if subscriber is None:
        return Decision(reply(Say.NO_SERVICE)).said_in(rules.language)
    if cut and not subscriber.suspended:
        return Decision(reply(Say.INCOMPLETE)).said_in(subscriber.language)
    return _decide(body, situation, subscriber, rules).said_in(subscriber.language)


def _decide(body: str, situation: Situation, subscriber: Subscriber, rules: TextRules) -> Decision:
    if subscriber.suspended:
        return Decision(reply(Say.SUSPENDED))
    decision = _read(body, situation, subscriber, rules)
    if not decision.reply.offers:
        return decision
    return _offered(decision.reply, lambda text: _read(text, situation, subscriber, rules).reply)


def _read(body: str, situation: Situation, subscriber: Subscriber, rules: TextRules) -> Decision:
    command = parse(body, known_in(situation.directory), subscriber.language)
    return Decision(command) if isinstance(command, Reply) else _obey(command, situation, subscriber, rules)


def _offered(question: Reply, answer: Callable[[str], Reply]) -> Decision:
    """The question with those offers that do what they say when they are sent; else what is wrong."""
    answers: dict[str, Reply] = {}
    for offer in question.offers:
        for _ in range(_MOST_DOUBTS):
            if not (then := answer(offer)).offers:
                break
            offer = then.offers[0]  # noqa: PLW2901 - one doubt less
        shorter = (text for text in _with_fewer_signs(offer) if answer(text) == then)
        answers[next(shorter, offer)] = then
    understood = [
        text for text, then in answers.items() if not then.offers and then.say not in NOT_UNDERSTOOD
    ]
    if not understood:
        return Decision(replace(next(iter(answers.values())), offers=()))
    offered = (question.offering(*understood[:count]) for count in range(len(understood), 0, -1))
    return Decision(next(filter(fits, offered), question.offering()))


def _with_fewer_signs(offer: str) -> tuple[str, ...]:
    """The command without the signs that stand alone, or with each `+` put to what is behind it.

    Which of them says the same only its answer tells: a `.` takes a name away.
    """
    head, colon, text = offer.partition(":")
    named = [word for word in head.split() if any(map(str.isalnum, word)) or word == "?"]
    found = (" ".join(named), head.replace(" + ", " +"))
    return tuple(f"{words}{colon}{text}" for words in found if words != head)


def _obey(command: SmsCommand, situation: Situation, subscriber: Subscriber, rules: TextRules) -> Decision:
    directory = situation.directory
    match command:
        case Help():
            return Decision(explain(command))
        case LookUpUser() | ListGroup():
            return Decision(look(command, directory, rules.home_region))
        case ListConference(number):
            listed = Decision(look(command, directory, rules.home_region))
            return replace(listed, tells=number) if number in directory.conferences else listed
        case CreateUser() | EditUser() | DeleteUser() | CreateGroup() | DeleteGroup() | CreateConference():
            return edit(command, directory, rules.of(subscriber))
        case Blast():
            return _blast(command, directory, subscriber, rules)
        case LaunchAdHoc() | LaunchConference():  # pragma: no branch - mypy proves the match complete
            return _launch(command, situation, subscriber, rules)


def _launch(
    command: LaunchAdHoc | LaunchConference, situation: Situation, subscriber: Subscriber, rules: TextRules
) -> Decision:
    if (running := already_running(situation)) is not None:
        return running
    instant = command.number if isinstance(command, LaunchConference) else None
    return launch_of(_called(command, situation.directory, rules), instant, situation, subscriber, rules)


def _called(
    command: LaunchAdHoc | LaunchConference, directory: Directory, rules: TextRules
) -> tuple[Member, ...] | Reply:
    if isinstance(command, LaunchConference):
        return directory.conferences.get(command.number) or no_conference(command.number, directory)
    if changing(command.members, directory):
        return about_list(
            command.members, (), directory, lambda words: written(LaunchAdHoc(words)), Say.IC_SYNTAX
        )
    if command.instant is not None and (problem := _conference_meant(command, command.instant, rules)):
        return problem
    return members_of(
        command.members, directory, rules.home_region, lambda words: written(LaunchAdHoc(words))
    )


def _conference_meant(command: LaunchAdHoc, number: int, rules: TextRules) -> Reply | None:
    """The question, unless the conference's number in front changes nothing, as the 1 of `1 214 555 1234`."""
    pieces = " ".join(command.members)
    _, _, behind = pieces.partition(" ")
    whole, others = readings(pieces, rules.home_region), readings(behind, rules.home_region)
    if whole.certain and whole == others:
        return None
    words = LaunchAdHoc(whole.likely[0]) if whole.likely else LaunchAdHoc((behind,))
    return conference_or(number, words)


def _blast(command: Blast, directory: Directory, subscriber: Subscriber, rules: TextRules) -> Decision:
    def write(words: Words) -> str:
        return written(replace(command, members=words))

    if changing(command.members, directory):
        return Decision(about_list(command.members, (), directory, write, Say.SB_SYNTAX))
    members = members_of(command.members, directory, rules.home_region, write)
    if isinstance(members, Reply):
        return Decision(members)
    if (length := len(command.text)) > rules.longest_blast:
        return Decision(reply(Say.TEXT_TOO_LONG, count=length, most=rules.longest_blast))
    others = others_of(members, directory, subscriber)
    if not others:
        return Decision(nobody(Say.NOBODY_TO_TEXT, Say.NOBODY_IN, members, directory))
    if len(others) > rules.most_participants:
        return Decision(reply(Say.TOO_MANY_TO_TEXT, count=len(others), most=rules.most_participants))
    message = reply(Say.BLAST, sender=subscriber.number, text=command.text)
    texts = tuple(TextTo(person.number, message, Priority.BULK) for person in others)
    return Decision(reply(Say.BLAST_SENT, count=len(others), names=names_of(others)), texts=texts)
