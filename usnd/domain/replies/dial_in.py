"""How subscribers and participants are told the ways into a conference (REQUIREMENTS C3, S10).

services/conference/launch.py calls it with the PINs, which are made elsewhere. The subscriber is told both
PINs, those who are called the User PIN only.
"""

from dataclasses import replace

from usnd.domain.dial_in.admission import Pin, PinKind
from usnd.domain.replies.catalogue import Reply, Say, reply
from usnd.domain.sms.decision import Decision, TextRules, TextTo

_TELLS_THE_SUBSCRIBER = frozenset({Say.CONFERENCE_CREATED, Say.CONFERENCE_REPLACED, Say.CONFERENCE_LISTED})


def told(decision: Decision, instant: int, pins: tuple[Pin, ...], rules: TextRules) -> Decision:
    """The decision whose reply and texts tell the ways into that conference, as far as there are any.

    `pins`: those of the subscriber, of whatever conference.
    """
    digits = {pin.kind: pin.digits for pin in pins if pin.instant == instant}
    return replace(
        decision,
        reply=_to_subscriber(decision.reply, instant, digits, rules),
        texts=tuple(_to_participant(text, digits, rules) for text in decision.texts),
    )


def _to_subscriber(message: Reply, instant: int, digits: dict[PinKind, str], rules: TextRules) -> Reply:
    dnis = next(iter(rules.numbers.conferences[instant - 1 : instant]), "")
    # Where no PIN was left for it, the conference is told without.
    number = _where_pins_are_asked_for(rules) if len(digits) == len(PinKind) else ""
    say = {
        (True, True): Say.WAYS_IN,
        (True, False): Say.WAY_BY_NUMBER,
        (False, True): Say.WAY_BY_PIN,
    }.get((bool(dnis), bool(number)))
    if say is None or message.say not in _TELLS_THE_SUBSCRIBER:
        return message
    activation, user = digits.get(PinKind.ACTIVATION, ""), digits.get(PinKind.USER, "")
    ways = reply(say, dnis=dnis, number=number, activation=activation, user=user)
    return replace(message, also=ways)


def _to_participant(text: TextTo, digits: dict[PinKind, str], rules: TextRules) -> TextTo:
    number = _where_pins_are_asked_for(rules)
    if not number or PinKind.USER not in digits:
        return text
    values = {**text.message.values, "number": number, "pin": digits[PinKind.USER]}
    return replace(text, message=replace(text.message, say=Say.CALL_TEXT_PIN, values=values))


def _where_pins_are_asked_for(rules: TextRules) -> str:
    """As people dial it, if that is known, else as the switch sends it."""
    return rules.numbers.common and (rules.call_back_number or rules.numbers.common)
