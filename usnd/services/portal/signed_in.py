"""Units of work for who is signed in: each finds the subscriber by the token, and acts for nobody else."""

import secrets

from usnd.domain.dial_in.admission import Pin, PinKind
from usnd.domain.directory.model import Subscriber
from usnd.domain.portal.outcomes import Noted, Outcome
from usnd.domain.portal.sessions import SessionState, digest_of
from usnd.services.portal.visit import Came, PortalNode, Visit, WayIn
from usnd.services.subscribers import pins


def whose(visit: Visit, token: str, node: PortalNode) -> Subscriber | None:
    """The subscriber of an open session, which goes on by this; None: it is none."""
    who = visit.signed_in(token, node.rules, SessionState.OPEN)
    return None if who is None else who.subscriber


def sign_out(visit: Visit, token: str, node: PortalNode, *, everywhere: bool) -> Came:
    """That session ends, or all of the subscriber do. Also one that is there to choose a password."""
    who = None
    for state in (SessionState.OPEN, SessionState.CHOOSING):
        who = who or visit.signed_in(token, node.rules, state)
    if who is None:
        return Came(Outcome.SIGNED_OUT)
    if everywhere:
        visit.tx.portal_sessions.end_all(who.subscriber.id)
    else:
        visit.tx.portal_sessions.end(digest_of(token))
    visit.note(Noted.SIGNED_OUT_EVERYWHERE if everywhere else Noted.SIGNED_OUT, who.subscriber.number)
    return Came(Outcome.DONE)


def ways_in(visit: Visit, token: str, pins_of: int | None, node: PortalNode) -> Came:
    """The numbers of the subscriber's instant conferences, and the PINs of that one, if it is theirs."""
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return Came(Outcome.SIGNED_OUT)
    theirs = visit.tx.member_lists.numbers(subscriber.id)
    shown: tuple[Pin, ...] = ()
    if pins_of in theirs:
        shown = pins(visit.tx, subscriber.number, secrets.randbelow)
        visit.note(Noted.PINS_SHOWN, subscriber.number, f"instant conference {pins_of}")
    digits = {(one.instant, one.kind): one.digits for one in shown if one.instant == pins_of}
    ways = tuple(
        WayIn(
            number,
            _dnis(number, node),
            digits.get((number, PinKind.ACTIVATION), ""),
            digits.get((number, PinKind.USER), ""),
        )
        for number in theirs
    )
    return Came(Outcome.DONE, common=node.pin_number, ways=ways)


def _dnis(number: int, node: PortalNode) -> str:
    return next(iter(node.numbers.conferences[number - 1 : number]), "")
