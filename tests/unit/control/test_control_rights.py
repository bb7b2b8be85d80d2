"""Who may ask the running usnd for what is a table, by uid, name and groups as the kernel says them."""

from typing import get_args

import pytest

from usnd.control.portal_requests import OfPortal
from usnd.control.requests import (
    Acknowledge,
    Add,
    Drop,
    End,
    Launch,
    Lock,
    Look,
    Mute,
    Provision,
    Request,
    StartBulk,
)
from usnd.control.rights import OPERATORS, PORTAL, PROVISIONING, Right, Row, rights_of, who_may_what
from usnd.process.local_socket import Peer

USND, OPERATORS_GROUP = 990, 1200
SITE = "usn-web-provisioning"
PORTAL_SITE = "usn-web-portal"
TABLE = who_may_what(USND, OPERATORS_GROUP, SITE, PORTAL_SITE)
EVERYTHING, NOTHING = frozenset(Right), frozenset[Right]()


@pytest.mark.parametrize(
    ("peer", "rights"),
    [
        (Peer(0, frozenset({0}), "root"), EVERYTHING),
        (Peer(USND, frozenset({USND}), "usnd"), EVERYTHING),
        (Peer(1007, frozenset({100, OPERATORS_GROUP}), "ada"), {Right.LOOK, Right.CONTROL}),
        (Peer(1007, frozenset({OPERATORS_GROUP}), "ada"), {Right.LOOK, Right.CONTROL}),
        (Peer(1008, frozenset({100, USND}), "bob"), NOTHING),
        (Peer(1009, frozenset({100}), "uid 1009"), NOTHING),
        (Peer(OPERATORS_GROUP, frozenset({100}), "eve"), NOTHING),  # a uid is no gid
        (Peer(993, frozenset({993}), SITE), {Right.PROVISION}),
        (Peer(994, frozenset({994}), PORTAL_SITE), {Right.PORTAL}),
        (Peer(993, frozenset({993, OPERATORS_GROUP}), f"{SITE}2"), {Right.LOOK, Right.CONTROL}),
        (Peer(1010, frozenset({0}), "mallory"), NOTHING),  # the group of root is not root
    ],
)
def test_what_each_may(peer: Peer, rights: frozenset[Right]) -> None:
    assert rights_of(peer, TABLE) == rights


def test_without_operators_only_root_and_usnd_may_anything() -> None:
    table = who_may_what(USND, None)
    assert rights_of(Peer(1007, frozenset({100, OPERATORS_GROUP}), "ada"), table) == NOTHING
    assert rights_of(Peer(USND, frozenset(), "usnd"), table) == EVERYTHING


def test_a_user_who_has_a_row_of_their_own_has_all_that_their_rows_give() -> None:
    portal = Row(frozenset({Right.LOOK}), user="usn-portal")
    assert rights_of(Peer(991, frozenset({991}), "usn-portal"), (*TABLE, portal)) == {Right.LOOK}
    both = Peer(991, frozenset({OPERATORS_GROUP}), "usn-portal")
    assert rights_of(both, (portal, *TABLE)) == {Right.LOOK, Right.CONTROL}
    assert rights_of(Peer(992, frozenset(), "usn-portal2"), (*TABLE, portal)) == NOTHING


@pytest.mark.parametrize(
    ("request_", "right"),
    [
        (Launch(subscriber="1"), Right.CONTROL),
        (End(conference=1), Right.CONTROL),
        (Add(conference=1, members=("a",)), Right.CONTROL),
        (Drop(conference=1, who="a"), Right.CONTROL),
        (Mute(conference=1), Right.CONTROL),
        (Lock(conference=1), Right.CONTROL),
        (Look(), Right.LOOK),
    ],
)
def test_each_request_names_the_right_that_it_needs(request_: Request, right: Right) -> None:
    assert request_.needs is right
    assert right in OPERATORS


@pytest.mark.parametrize("request_", get_args(OfPortal))
def test_only_the_portal_acts_for_who_is_signed_in_and_it_may_nothing_else(request_: type[Request]) -> None:
    assert frozenset({request_.needs}) == PORTAL
    assert request_.needs not in OPERATORS | PROVISIONING
    assert not request_.told, "the server's journal would show passwords and tokens"


@pytest.mark.parametrize("request_", [Provision, StartBulk, Acknowledge])
def test_only_the_site_provisions_and_it_may_nothing_else(request_: type[Request]) -> None:
    assert frozenset({request_.needs}) == PROVISIONING
    assert request_.needs not in OPERATORS
    assert not request_.told, "the server's journal would show values"
