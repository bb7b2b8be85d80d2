"""The unit of work that tells subscribers of texts to others that were not sent: once, for a whole blast.

Called every few seconds by services/messaging/incoming.py. What is told is noted in the same transaction, so
that neither a crash nor a second run tells it again. The words are domain/replies/unsent.py's.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from usnd.domain.messaging.message import Draft, OutgoingText
from usnd.domain.replies.catalogue import render
from usnd.domain.replies.unsent import unsent_reply
from usnd.services.messaging.incoming_batch import TextPolicy
from usnd.services.messaging.long_texts import subscribers_of
from usnd.store.core.transaction import Transaction
from usnd.store.texts import Unsent

_MOST_AT_ONCE = 2_000


def tell_unsent(tx: Transaction, policy: TextPolicy, now: datetime) -> list[OutgoingText]:
    """Gives what is to be sent after the commit. Who is not a subscriber any more is not told."""
    unsent = tx.texts.unsent(_MOST_AT_ONCE)
    if not unsent:
        return []
    tx.texts.told([one.id for one in unsent])
    blasts = [list(group) for _, group in groupby(unsent, key=lambda one: one.mo_id)]
    drafts = [draft for blast in blasts if (draft := _draft(tx, blast, policy, now)) is not None]
    return tx.texts.queue_mt(drafts)


def _draft(tx: Transaction, blast: Sequence[Unsent], policy: TextPolicy, now: datetime) -> Draft | None:
    first = blast[0]
    subscriber = subscribers_of(tx, {first.subscriber}, policy.texts.home_region).get(first.subscriber)
    if subscriber is None:
        return None
    names = {user.number: user.nick for user in tx.directory.load(subscriber.id).users.values()}
    texts = [(names.get(one.recipient, one.recipient), one.ending) for one in blast]
    body = render(unsent_reply(texts).said_in(subscriber.language))
    sender, expires_at = policy.own_number(first.smsc), now + policy.validity
    return Draft(first.smsc, sender, first.subscriber, body, now, expires_at, mo_id=first.mo_id)
