"""The unit of work for orders of the CRM: who asks, was it done before, what is done, what is answered.

provisioning.py commits it and acts afterwards. All orders together cost the statements of one. It may run
twice, so nothing but the transaction is changed here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from usnd.domain.certificates.terminal import Terminal
from usnd.domain.provisioning.admission import permits
from usnd.domain.provisioning.codes import Code
from usnd.domain.provisioning.idempotency import REFUSALS, KeyAnswer, RequestKey, answer_to
from usnd.domain.provisioning.requests import ProvisioningOrder, ProvisioningResult
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.domain.subscribers.credentials import Origin, first_log_in
from usnd.domain.subscribers.orders import Credentials, OrderResult
from usnd.services.provisioning.admission import ListingOf, heard
from usnd.services.subscribers import Ordered, apply
from usnd.store.core.transaction import Transaction
from usnd.store.provisioning.answers import StoredAnswer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order. `client`: the terminal's name; empty, if it is none.

    `ends`: conferences that are to be ended once this is committed: of an order that asks for that, all that
    its unit of work ends. A repetition ends them again, if usnd died before it could.
    """

    result: ProvisioningResult
    client: str = ""
    ends: tuple[int, ...] = ()


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A result as it is stored: the code in front, as store/provisioning wants it, without a password."""

    code: int
    text: str = ""
    attribute: str = ""
    number: str = ""
    subscriber: Mapping[str, str] = {}
    credentials: bool = False
    ends: tuple[int, ...] = ()


_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(Kept).decode


@dataclass(slots=True, eq=False)
class _Place:
    """An order's place in the batch, until it has its outcome."""

    order: ProvisioningOrder
    key: RequestKey
    outcome: Outcome | None = None
    original: "_Place | None" = None
    """The place in this batch with the same key."""


class OrderBatch:
    """`node`: what it sets for new subscribers, and its key. `now`: UTC."""

    def __init__(self, tx: Transaction, node: NodeOwn, listing_of: ListingOf, now: datetime) -> None:
        self._tx = tx
        self._node = node
        self._listing_of = listing_of
        self._now = now

    def take(self, orders: Sequence[ProvisioningOrder]) -> list[Outcome]:
        """An outcome for each order, in their order; what was decided is written with its key.

        1. The terminal must be designated, and may do this. 2. A key that has an answer already, or is twice
        in the batch, is carried out once. 3. The rest is decided and written. 4. So are the answers, and
        a bulk that has all of its answers is finished.
        """
        places = self._admitted(orders)
        self._answer_known([one for one in places if one.outcome is None and not one.order.check])
        self._carry_out([one for one in places if one.outcome is None and one.original is None])
        return [one.outcome or _again(one) for one in places]

    def _admitted(self, orders: Sequence[ProvisioningOrder]) -> list[_Place]:
        certificates = {(one.serial, one.issuer) for one in orders}
        terminals = heard(self._tx, certificates, self._listing_of, self._now)
        return [_place(one, terminals[one.serial, one.issuer]) for one in orders]

    def _answer_known(self, places: Sequence[_Place]) -> None:
        """Answers what was done before, or under another id's digest; finds what is twice in the batch."""
        keys = [*dict.fromkeys(one.key for one in places)]
        digests = dict(zip(keys, self._tx.provisioning.digests(keys), strict=True))
        new: dict[RequestKey, _Place] = {}
        repeated: list[_Place] = []
        for one in places:
            original = new.get(one.key)
            known = digests[one.key] if original is None else original.order.digest
            match answer_to(one.order.digest, known):
                case KeyAnswer.CARRY_OUT:
                    new[one.key] = one
                case KeyAnswer.REPEAT if original is not None:
                    one.original = original
                case KeyAnswer.REPEAT:
                    repeated.append(one)
                case answer:
                    one.outcome = refused(one.order, REFUSALS[answer], one.key.client)
        stored = self._tx.provisioning.results([one.key for one in repeated])
        for one, (server, result) in zip(repeated, stored, strict=True):
            one.outcome = self._stored(one.key, server, _decode(result))

    def _stored(self, key: RequestKey, server: str, kept: Kept) -> Outcome:
        result = OrderResult(
            code=kept.code,
            text=kept.text,
            attribute=kept.attribute,
            number=kept.number,
            subscriber=kept.subscriber,
            credentials=self._credentials(key, kept),
        )
        return Outcome(ProvisioningResult(result=result, server=server, repeated=True), key.client, kept.ends)

    def _credentials(self, key: RequestKey, kept: Kept) -> Credentials | None:
        """The same as the first time: they are derived, not stored."""
        if not kept.credentials or self._node.key is None:
            return None
        return first_log_in(self._node.key, Origin(*key), kept.number)

    def _carry_out(self, places: Sequence[_Place]) -> None:
        applied = apply(self._tx, [_ordered(one) for one in places], self._node, self._now)
        for one, result in zip(places, applied.results, strict=True):
            answer = ProvisioningResult(result=result, server=one.order.server)
            ends = applied.ends if one.order.order.end_conference and not one.order.check else ()
            one.outcome = Outcome(answer, one.key.client, ends)
        self._keep([one for one in places if not one.order.check])

    def _keep(self, places: Sequence[_Place]) -> None:
        self._tx.provisioning.add([self._answer(one) for one in places])
        for client, request in {one.key[:2] for one in places if one.key.row}:
            self._tx.provisioning.finish_bulk(client, request, self._now)

    def _answer(self, one: _Place) -> StoredAnswer:
        assert one.outcome is not None
        result = one.outcome.result.result
        kept = Kept(
            code=result.code,
            text=result.text,
            attribute=result.attribute,
            number=result.number,
            subscriber=result.subscriber,
            credentials=result.credentials is not None,
            ends=one.outcome.ends,
        )
        return StoredAnswer(one.key, one.order.digest, one.order.server, self._now, kept_json(kept))


def _place(one: ProvisioningOrder, terminal: Terminal | Code) -> _Place:
    if isinstance(terminal, Code):
        return _Place(one, RequestKey("", one.request, one.row), refused(one, terminal))
    place = _Place(one, RequestKey(terminal.name, one.request, one.row))
    code = permits(terminal, one.order.operation, one.order.number)
    if code is not None:
        place.outcome = refused(one, code, terminal.name)
    return place


def kept_json(kept: Kept) -> str:
    """As it is stored."""
    return _encode(kept).decode()


def refused(one: ProvisioningOrder, code: Code, client: str = "") -> Outcome:
    """Nothing was decided, and nothing is kept."""
    result = OrderResult(code=code, number=one.order.number)
    return Outcome(ProvisioningResult(result=result, server=one.server), client)


def _ordered(one: _Place) -> Ordered:
    return Ordered(
        one.order.order, one.key.client, by_crm=True, check=one.order.check, origin=Origin(*one.key)
    )


def _again(one: _Place) -> Outcome:
    """The outcome of the same order in the same batch."""
    assert one.original is not None
    assert one.original.outcome is not None
    return replace(
        one.original.outcome, result=msgspec.structs.replace(one.original.outcome.result, repeated=True)
    )
