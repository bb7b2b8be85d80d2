"""Who asks for a page: what is looked up before anything is done."""

from typing import Any

import pytest

from usnd.store.core.reader import StoreAway
from usnd.web.portal.reception import Reception, kept_by
from usnd.web.portal.visitor import Visitor
from usnd.web.portal.words import Languages


class FakeBehind:
    """A database that is away."""

    def session(self, _token: str) -> None:
        raise StoreAway("away")


def reception() -> Reception:
    behind: Any = FakeBehind()
    return Reception(behind, Languages())


def visitor(**written: str) -> Visitor:
    return Visitor("192.0.2.1", Languages().of(""), "", written=written)


def test_who_signs_in_without_a_database_is_told_so_before_usnd_waits_for_it() -> None:
    with pytest.raises(StoreAway):
        reception().known(visitor(number="+447700900001", password="a quiet sunday walk"))


def test_the_form_itself_needs_no_database() -> None:
    assert reception().known(visitor()).subscriber is None


@pytest.mark.parametrize(
    "other",
    [
        "",
        "consent[main]=1",
        'seen={"a":"b"}',
        "flag",
        'open="x',
        "greeting=hello you",
        "\xe4=\xf6",
        "path=/",
        "=",
        "a=b=c",
    ],
)
def test_cookies_of_other_sites_of_the_domain_hide_none_of_ours(other: str) -> None:
    ours = "__Host-usn=token%21; __Host-usn-device=d"
    assert kept_by({"cookie": f"{other}; {ours}"}).token == "token!"
    assert kept_by({"cookie": f"{ours}; {other}"}).token == "token!"
