"""Users, groups and instant conferences at the portal, on both databases; by text and by form alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from usnd.domain.dial_in.admission import DialInNumbers
from usnd.domain.directory.edits import MembersForm, UserForm
from usnd.domain.directory.model import (
    Directory,
    GroupMember,
    NickMember,
    NumberMember,
    User,
    UserOrder,
)
from usnd.domain.directory.undo import UNDO_LASTS
from usnd.domain.directory.versions import version_of_members, version_of_user
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.portal.sessions import Session, SessionRules, Stage, digest_of
from usnd.domain.sms.decision import Situation, TextRules
from usnd.domain.sms.interpreter import interpret
from usnd.domain.subscribers.credentials import CredentialKey
from usnd.services.portal.directory import Holder, Kind
from usnd.services.portal.housekeeping import portal_chores
from usnd.services.portal.portal import Portal
from usnd.services.portal.visit import PortalNode
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from usnd.store.directories import Directories

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, EVE = "+447700900001", "+447700900002"
HOME = "192.0.2.1"
DORA = NickMember("dora")


class Bench:
    """Ann and Eve are signed in: their tokens are their numbers."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, NOW
        node = PortalNode(
            CredentialKey(b"k" * 32), "GB", SessionRules(), DialInNumbers("", ()), most_participants=5
        )
        none: Any = None
        self.portal = Portal(store, none, none, none, node, none, lambda: self.now)

    async def directory(self, number: str = ANN) -> Directory:
        def unit(tx: Transaction) -> Directory:
            found = tx.subscribers.by_number(number)
            assert found is not None
            return tx.directory.load(found.id)

        return await self.store.run(unit)

    async def sms(self, body: str) -> None:
        """A text of Ann's, as services/messaging commits it."""

        def unit(tx: Transaction) -> None:
            ann = tx.subscribers.by_number(ANN)
            assert ann is not None
            situation = Situation(ann, tx.directory.load(ann.id))
            decision = interpret(body, situation, TextRules("GB"))
            assert decision.changes, decision.reply
            tx.directory.apply_all((ann.id, change) for change in decision.changes)

        await self.store.run(unit)

    async def says(self, body: str) -> str:
        ann = await self.store.run(lambda tx: tx.subscribers.by_number(ANN))
        decision = interpret(body, Situation(ann, await self.directory()), TextRules("GB"))
        return str(decision.reply.values)

    async def user(self, nick: str, phone: str, was: str = "", token: str = ANN) -> Any:
        return await self.portal.save_user(token, UserForm(nick, phone, version=was), HOME)

    async def audit(self) -> list[str]:
        lines = await self.store.run(lambda tx: tx.portal_audit.of(ANN, 100))
        return [f"{line.what} {line.about}".strip() for line in lines]


@pytest.fixture
async def bench(store: Store) -> Bench:
    def unit(tx: Transaction) -> None:
        for number in (ANN, EVE):
            new = tx.subscribers.add(number, NOW)
            ends = NOW + timedelta(hours=12)
            tx.portal_sessions.begin(digest_of(number), Session(new.id, Stage.OPEN, NOW, NOW, ends))

    await store.run(unit)
    return Bench(store)


async def test_what_a_text_made_a_form_changes_and_the_other_way_round(bench: Bench) -> None:
    await bench.sms("UC bob 07700900011 Bob.Stone golf")
    bob = (await bench.directory()).users["bob"]
    saved = await bench.user("bob", "07700 900012", version_of_user(bob))
    assert saved.outcome is Outcome.DONE
    assert "+447700900012" in await bench.says("UL bob")
    await bench.sms("UE bob 07700900013")
    stale = await bench.user("bob", "07700900014", version_of_user(bob))
    assert stale.outcome is Outcome.STALE, "a text changed him meanwhile"
    assert (await bench.directory()).users["bob"].number == "+447700900013"
    assert (await bench.user("ZED", "+447700900015")).outcome is Outcome.DONE
    await bench.sms("CC4 zed golf")
    assert (await bench.directory()).conferences[4] == (NickMember("ZED"), GroupMember("golf"))
    refused = await bench.user("Zed", "+447700900016")
    assert (refused.outcome, refused.fault, refused.place) == (Outcome.REFUSED, "user-exists", "nick")
    assert refused.values == {"nick": "ZED", "number": "+447700900015"}
    assert await bench.audit() == ["saved user bob", "saved user ZED"]


async def test_an_instant_conference_gets_pins_and_loses_them_with_it(bench: Bench) -> None:
    await bench.sms("UC bob 07700900011")
    made = await bench.portal.save_members(
        ANN, Holder(number=7), MembersForm(("bob",), ("07700 900099",)), HOME
    )
    assert made.outcome is Outcome.DONE
    members = (NickMember("bob"), NumberMember("+447700900099"))
    assert (await bench.directory()).conferences[7] == members
    assert "7" in await bench.says("LC")
    pins = "SELECT digits FROM pins WHERE instant = 7"
    first = await bench.store.run(lambda tx: [row[0] for row in tx.execute(text(pins))])
    assert len(first) == 2
    many = MembersForm(numbers=tuple(f"+4477009001{nth:02}" for nth in range(5)))
    full = await bench.portal.save_members(ANN, Holder(number=8), many, HOME)
    assert full.outcome is Outcome.DONE
    six = MembersForm(("bob",), version=version_of_members((await bench.directory()).conferences[8]))
    refused = await bench.portal.save_members(ANN, Holder(number=8), six, HOME)
    assert (refused.fault, refused.values) == ("too-many", {"count": "6", "most": "5"})
    gone = await bench.portal.remove(
        ANN, Kind.CONFERENCES, {"7": version_of_members(members), "8": "x"}, HOME
    )
    assert (gone.names, gone.left_out, gone.removal) == (("7",), ("8",), None)
    assert await bench.store.run(lambda tx: tx.execute(text(pins)).all()) == []
    assert list((await bench.directory()).conferences) == [8]


async def test_a_deletion_is_undone_once_in_time_and_by_its_own_subscriber(bench: Bench) -> None:
    for body in ("UC bob 07700900011 Bob.Stone golf", "UC ben 07700900012 Ben.Hill golf", "CC2 ben bob"):
        await bench.sms(body)
    before = await bench.directory()
    shown = {nick: version_of_user(before.users[nick]) for nick in ("bob", "ben")}
    gone = await bench.portal.remove(ANN, Kind.USERS, shown, HOME)
    assert (gone.outcome, gone.names) == (Outcome.DONE, ("bob", "ben"))
    assert (await bench.directory()).users == {}
    assert (await bench.portal.undo(EVE, gone.removal or 0, HOME)).outcome is Outcome.GONE
    back = await bench.portal.undo(ANN, gone.removal or 0, HOME)
    assert (back.outcome, back.names, back.left_out) == (Outcome.DONE, ("bob", "ben"), ())
    assert {**(await bench.directory()).users} == {**before.users}
    assert (await bench.directory()).groups == before.groups
    assert (await bench.directory()).conferences == before.conferences
    assert (await bench.portal.undo(ANN, gone.removal or 0, HOME)).outcome is Outcome.GONE
    golf = {"golf": version_of_members(before.groups["golf"].members)}
    gone = await bench.portal.remove(ANN, Kind.GROUPS, golf, HOME)
    bench.now += UNDO_LASTS
    assert (await bench.portal.undo(ANN, gone.removal or 0, HOME)).outcome is Outcome.GONE
    chores = dict(portal_chores(bench.now))
    assert await bench.store.run(chores["deletions"]) == 1
    assert await bench.audit() == ["deleted users bob ben", "deletion undone bob ben", "deleted groups golf"]


async def test_nobody_changes_what_another_has(bench: Bench) -> None:
    await bench.sms("UC bob 07700900011")
    bob = (await bench.directory()).users["bob"]
    was = version_of_user(bob)
    assert (await bench.user("bob", "+447700900666", was, token=EVE)).outcome is Outcome.GONE
    assert (await bench.portal.remove(EVE, Kind.USERS, {"bob": was}, HOME)).names == ()
    for token in ("nobody", ""):
        assert (await bench.user("bob", "+447700900666", was, token=token)).outcome is Outcome.SIGNED_OUT
        assert (
            await bench.portal.remove(token, Kind.USERS, {"bob": was}, HOME)
        ).outcome is Outcome.SIGNED_OUT
        assert (await bench.portal.undo(token, 1, HOME)).outcome is Outcome.SIGNED_OUT
        group = await bench.portal.save_members(token, Holder("golf"), MembersForm(("bob",)), HOME)
        assert group.outcome is Outcome.SIGNED_OUT
    assert (await bench.directory()).users == {"bob": bob}


async def test_a_page_of_the_list_is_read_alone(bench: Bench) -> None:
    def unit(tx: Transaction) -> tuple[list[User], int, list[User], list[User], User | None]:
        ann = tx.subscribers.by_number(ANN)
        assert ann is not None
        found = tx.directory
        return (
            found.users(ann.id, UserOrder.NICK, 2, 2),
            found.count_users(ann.id),
            found.users(ann.id, UserOrder.NAME),
            found.users(ann.id, UserOrder.NUMBER, 1),
            found.user(ann.id, "BEN"),
        )

    for body in (
        "UC cid 07700900011 Cid.Adler",
        "UC ben 07700900014",
        "UC ada 07700900013 Ada.Zorn",
        "UC dan 07700900012",
    ):
        await bench.sms(body)
    page, count, by_name, by_number, ben = await bench.store.run(unit)
    assert [user.nick for user in page] == ["cid", "dan"]
    assert count == 4
    assert [user.nick for user in by_name] == ["cid", "ada", "ben", "dan"]
    assert [user.nick for user in by_number] == ["cid"]
    assert ben == User("ben", "+447700900014")


async def test_saving_a_list_or_a_user_reads_what_it_touches_and_not_all_names(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text_ in (
        "UC bob 07700900011",
        "UC dora 07700900012",
        "GC inner bob 07700900013",
        "GC outer inner",
    ):
        await bench.sms(text_)
    await bench.sms("CC1 outer")
    before = await bench.directory()
    monkeypatch.setattr(Directories, "load_all", None)
    joined = MembersForm(("dora",), version=version_of_members(before.conferences[1]))
    one = await bench.portal.save_members(ANN, Holder(number=1), joined, HOME)
    numbers = ("07700900021", "07700900022", "07700900023")
    full = MembersForm((), numbers, version=version_of_members((*before.conferences[1], DORA)))
    most = await bench.portal.save_members(ANN, Holder(number=1), full, HOME)
    inner = MembersForm(("outer",), version=version_of_members(before.groups["inner"].members))
    itself = await bench.portal.save_members(ANN, Holder("inner"), inner, HOME)
    outer = MembersForm(("DORA",), version=version_of_members(before.groups["outer"].members))
    group = await bench.portal.save_members(ANN, Holder("Outer"), outer, HOME)
    user = await bench.user("bob", "07700900014", version_of_user(before.users["bob"]))
    assert (await bench.portal.ways_in(ANN, 1, HOME)).outcome is Outcome.DONE
    monkeypatch.undo()
    assert [came.outcome for came in (one, group, user)] == [Outcome.DONE] * 3
    assert (most.fault, most.values) == ("too-many", {"count": "6", "most": "5"})
    assert (itself.fault, itself.values) == ("cycle", {"path": "inner > outer > inner"})
    after = await bench.directory()
    assert after.conferences[1] == (GroupMember("outer"), DORA)
    assert after.groups["outer"].members == (GroupMember("inner"), DORA)
    assert after.users["bob"].number == "+447700900014"
