"""Proves that documents that mean the same have one digest, and what each asks for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.orders import Operation, Order
from usnd.web.provisioning.grammar import NAMESPACE
from usnd.web.provisioning.request_reader import (
    LONGEST,
    FaultyRequest,
    List,
    Poll,
    Read,
    Request,
    Taken,
    read,
)

NUMBER = "+447700900001"


def request(inner: str, more: str = "") -> Request:
    return read(f'<request xmlns="{NAMESPACE}" id="crm-17"{more}>{inner}</request>'.encode())


@pytest.mark.parametrize(
    ("inner", "asked"),
    [
        (
            f"<create><subscriber><number>{NUMBER}</number><name>Ann</name></subscriber></create>",
            Order(operation=Operation.CREATE, number=NUMBER, values={"name": "Ann"}),
        ),
        (
            f"<change><subscriber><number>{NUMBER}</number><name/></subscriber></change>",
            Order(operation=Operation.CHANGE, number=NUMBER, values={"name": ""}),
        ),
        (
            f"<suspend endConference='true'><number>{NUMBER}</number></suspend>",
            Order(operation=Operation.SUSPEND, number=NUMBER, end_conference=True),
        ),
        (f"<resume><number> {NUMBER}\n</number></resume>", Order(operation=Operation.RESUME, number=NUMBER)),
        (f"<delete><number>{NUMBER}</number></delete>", Order(operation=Operation.DELETE, number=NUMBER)),
        (f"<read><number>{NUMBER}</number></read>", Read(NUMBER)),
        ("<list/>", List("", None, 1000)),
        (
            f"<list after='{NUMBER}' changedSince='2026-03-01T12:00:00.5Z' limit='7'/>",
            List(NUMBER, datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC), 7),
        ),
        ("<poll/>", Poll()),
        ("<acknowledge change='17'/>", Taken(17)),
    ],
)
def test_each_request_says_what_it_asks_for(inner: str, asked: Any) -> None:
    found = request(inner)
    assert (found.id, found.asked, found.check) == ("crm-17", asked, False)
    assert bool(found.digest) is isinstance(asked, Order)
    assert request(inner, ' mode="check"').check


SAME = [
    f"<create><subscriber><number>{NUMBER}</number><name>Ann B</name><email/></subscriber></create>",
    (
        f"<create>\n <subscriber><email></email><number>\n{NUMBER} </number>"
        "<name>Ann \t B</name></subscriber></create>"
    ),
    (
        f"<create><!-- x --><subscriber><number>{NUMBER}</number><name>A&#x6e;n <![CDATA[B]]></name><email/>"
        "</subscriber></create>"
    ),
]
OTHER = [
    f"<create><subscriber><number>{NUMBER}</number><name>Ann B</name></subscriber></create>",
    f"<change><subscriber><number>{NUMBER}</number><name>Ann B</name><email/></subscriber></change>",
    f"<create><subscriber><number>{NUMBER}</number><name>Ann C</name><email/></subscriber></create>",
    f"<suspend><number>{NUMBER}</number></suspend>",
    f"<suspend endConference='true'><number>{NUMBER}</number></suspend>",
]


def test_what_means_the_same_has_one_digest_and_nothing_else_has_it() -> None:
    assert len({request(inner).digest for inner in SAME}) == 1
    assert request(f"<suspend endConference='false'><number>{NUMBER}</number></suspend>").digest == (
        request(OTHER[3]).digest
    )
    assert request(SAME[0], ' mode="do"').digest == request(SAME[0]).digest
    everything = [
        request(inner, mode).digest for inner in (SAME[0], *OTHER) for mode in ("", ' mode="check"')
    ]
    assert len(set(everything)) == len(everything)


def test_the_prefix_of_the_namespace_does_not_matter() -> None:
    document = f'<u:request xmlns:u="{NAMESPACE}" id="crm-17"><u:poll/></u:request>'
    assert read(document.encode()).asked == Poll()


def test_a_document_that_is_too_long_is_not_looked_at() -> None:
    with pytest.raises(FaultyRequest) as caught:
        read(b" " * (LONGEST + 1))
    assert (caught.value.fault.code, caught.value.id) == (Code.TOO_LARGE, "")
