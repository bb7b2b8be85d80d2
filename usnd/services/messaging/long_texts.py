"""The units of work around long texts: a part is kept before it is acknowledged, a whole text is joined.

incoming_batch.py gives each part and gets the whole text, or why there is none yet; incoming.py has those
given up whose parts do not come, and each is answered once. A part is judged in
domain/messaging/reassembly.py.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from usnd.domain.directory.model import Subscriber
from usnd.domain.messaging.message import Draft, IncomingText, OutgoingText
from usnd.domain.messaging.reassembly import LATE_PARTS_KEPT, Part, PartsRules, PartsState, PartVerdict, judge
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.replies.catalogue import Say, render, reply
from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.reading import read_parts
from usnd.store.core.transaction import Transaction
from usnd.store.text_parts import Stored

_MOST_AT_ONCE = 200


def subscribers_of(tx: Transaction, senders: set[str], home_region: str) -> dict[str, Subscriber]:
    """Who the senders are. As they came they are E.164 on most links; only the others are parsed."""
    found = tx.subscribers.by_numbers(senders)
    parsed = {sender: to_e164(sender, home_region) for sender in senders - found.keys()}
    numbers = {number for sender, number in parsed.items() if number is not None and number != sender}
    others = tx.subscribers.by_numbers(numbers)
    return found | {sender: others[number] for sender, number in parsed.items() if number in others}


def gather(tx: Transaction, part: Part, rules: PartsRules, now: datetime) -> PartVerdict | IncomingText:
    """Keeps the part; gives the text when it is whole with it."""
    parts = tx.parts.newest(part)
    verdict = judge(part, parts, tx.parts.crowd(part.sender), rules)
    if verdict is PartVerdict.BEGIN:
        tx.parts.keep(tx.parts.begin(part, now), part)
    elif verdict is PartVerdict.LATE:
        late = now - rules.timeout + LATE_PARTS_KEPT
        tx.parts.keep(tx.parts.begin(part, late, told=True), part)
    elif parts is not None:
        return _gathered(tx, part, parts.id, verdict, rules, now)
    return verdict


def _gathered(
    tx: Transaction, part: Part, text_id: int, verdict: PartVerdict, rules: PartsRules, now: datetime
) -> PartVerdict | IncomingText:
    """What becomes of a text that is known."""
    if verdict is PartVerdict.REPLACE:  # the former one is overdue from now on
        tx.parts.age(text_id, now - rules.timeout)
        tx.parts.keep(tx.parts.begin(part, now), part)
    elif verdict in (PartVerdict.KEEP, PartVerdict.COMPLETE):
        tx.parts.keep(text_id, part)
        if verdict is PartVerdict.COMPLETE:
            tx.parts.close(text_id, PartsState.WHOLE)
            return _whole(part, tx.parts.all_of(text_id))
    return verdict


def _whole(last: Part, stored: list[Stored]) -> IncomingText:
    fingerprint = hashlib.sha256(" ".join(part.fingerprint for part in stored).encode()).hexdigest()
    read = read_parts((part.octets, Alphabet(part.alphabet)) for part in stored)
    whose = (last.smsc, last.session, last.sender, last.recipient)
    return IncomingText(*whose, read.text, fingerprint, last.waited, cut=read.cut)


def give_up(
    tx: Transaction,
    rules: PartsRules,
    now: datetime,
    *,
    home_region: str,
    keep: timedelta,
    validity: timedelta,
    own_number: Callable[[str], str],
) -> list[OutgoingText]:
    """Tells the senders of texts whose parts never came, once each; registered ones only (S4). `keep`: how
    long a closed text is remembered after its time; `own_number`: from which a bind sends. Gives what is to
    be sent after the commit.
    """
    overdue = tx.parts.overdue(now - rules.timeout, _MOST_AT_ONCE)
    untold = [one for one in overdue if not one.told]
    known = subscribers_of(tx, {one.sender for one in untold}, home_region) if untold else {}
    for one in overdue:
        tx.parts.close(one.id, PartsState.INCOMPLETE)
    tx.parts.forget(now - rules.timeout - keep)
    message = reply(Say.INCOMPLETE)
    told = [
        Draft(
            one.smsc,
            own_number(one.smsc),
            one.sender,
            render(message.said_in(who.language)),
            now,
            now + validity,
        )
        for one in untold
        if (who := known.get(one.sender)) is not None
    ]
    return tx.texts.queue_mt(told)
