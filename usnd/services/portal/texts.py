"""Unit of work: a page of the texts of who is signed in, without their words.

The words hold PINs and codes, and what others are called: who reads a page over somebody's shoulder, or has
their browser, has no business with them. Whose a text is only this process knows surely: it knows which
national numbers are meant.
"""

from usnd.domain.messaging.message import MtState
from usnd.domain.numbers.e164 import spellings
from usnd.domain.portal.outcomes import Outcome
from usnd.services.portal.signed_in import whose
from usnd.services.portal.visit import Came, PortalNode, TextLine, Visit
from usnd.store.portal.past_texts import NEWEST, GotText, SentText

ON_A_PAGE = 25
_REACHED = (MtState.SENT, MtState.DELIVERED)


def texts(visit: Visit, token: str, before: tuple[int, int], node: PortalNode) -> Came:
    """Newest first. before: the ids that `rest` of the page before gave, of texts sent and got; 0: none.

    rest: where the next page goes on; empty: there is none.
    """
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return Came(Outcome.SIGNED_OUT)
    theirs = spellings(subscriber.number, node.region)
    past, most = visit.tx.past_texts, ON_A_PAGE + 1
    places = [one or NEWEST for one in before]
    sent = past.sent(subscriber.id, theirs, places[0], most)
    got = past.got(subscriber.id, theirs, places[1], most)
    page = _merged(sent, got)
    for one in page[:ON_A_PAGE]:
        places[isinstance(one, GotText)] = one.id
    shown = page[:ON_A_PAGE]
    passed_on = past.passed_on([one.id for one in shown if isinstance(one, SentText)], theirs)
    lines = tuple(
        TextLine(one.at, state=one.state.value)
        if isinstance(one, GotText)
        else _line(one, passed_on.get(one.id, {}))
        for one in shown
    )
    return Came(Outcome.DONE, texts=lines, rest=tuple(places) if len(page) > ON_A_PAGE else ())


def _line(one: SentText, became: dict[MtState, int]) -> TextLine:
    reached = sum(became.get(state, 0) for state in _REACHED)
    return TextLine(one.at, others=sum(became.values()), reached=reached)


def _merged(sent: list[SentText], got: list[GotText]) -> list[SentText | GotText]:
    """By time, the newest first; each of the two keeps its order, so that a page goes on where this ends."""
    merged: list[SentText | GotText] = []
    waiting: list[list[SentText] | list[GotText]] = [sent[::-1], got[::-1]]
    while any(waiting):
        newest = max((one for one in waiting if one), key=lambda one: one[-1].at)
        merged.append(newest.pop())
    return merged
