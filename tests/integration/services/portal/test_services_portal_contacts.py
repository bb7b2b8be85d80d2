"""Imports, settings and PINs at the portal, on both databases: once, page by page, and by nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from portal_bench import ANN, BOB, CHOSEN, FIRST, HOME, NOBODY, Bench

from usnd.control.portal_changes import PortalChanges
from usnd.control.portal_requests import (
    AddImportPage,
    BeginImport,
    Change,
    ChooseImport,
    DropImport,
    NoteExport,
    RenewPins,
    SaveSettings,
    SharePin,
    StartImport,
    UndoImport,
)
from usnd.domain.contacts.plan import Doing, Entry
from usnd.domain.directory.model import NickMember, PutConference, PutUser, User, name_key
from usnd.domain.directory.undo import UNDO_LASTS
from usnd.domain.messaging.message import Priority
from usnd.domain.portal.imports import FORGOTTEN, MOST_PAGES, Counts, ImportState
from usnd.domain.portal.lockout import LIMITS, CounterKind
from usnd.domain.portal.outcomes import Outcome
from usnd.services.portal import imports, settings
from usnd.services.portal.housekeeping import portal_chores
from usnd.services.portal.import_runner import ImportRunner
from usnd.services.portal.visit import Came
from usnd.store.core.transaction import Transaction
from usnd.store.portal.imports import Import


def entries(first: int, most: int = 2) -> tuple[Entry, ...]:
    return tuple(
        Entry(nth, Doing.ADD, f"N{nth}", f"+4477009001{nth:02}", groups=("All",))
        for nth in range(first, first + most)
    )


class Importing:
    """Ann is signed in, and usnd's runner runs when it is told to."""

    def __init__(self, bench: Bench, token: str) -> None:
        self.bench, self.token = bench, token
        self.runner = ImportRunner(bench.store, "GB", lambda: bench.now, breath=0)
        self.changes = PortalChanges(bench.portal, self.runner)

    async def ask(self, kind: Callable[..., Change], token: str | None = None, **values: Any) -> Came:
        return await self.changes.act(
            kind(token=self.token if token is None else token, source=HOME, **values)
        )

    async def began(self) -> int:
        came = await self.ask(BeginImport)
        assert (came.outcome, came.region) == (Outcome.DONE, "GB")
        return came.import_id or 0

    async def sent(self, *pages: tuple[Entry, ...]) -> int:
        import_id = await self.began()
        for place, page in enumerate(pages):
            counts = Counts(add=sum(map(len, pages))) if place == len(pages) - 1 else None
            came = await self.ask(AddImportPage, import_id=import_id, entries=page, counts=counts)
            assert came.outcome is Outcome.DONE
        return import_id

    async def stored(self) -> Import:
        ann = await self.bench.store.run(lambda tx: tx.subscribers.by_number(ANN))
        assert ann is not None
        found = await self.bench.store.run(lambda tx: tx.portal_imports.of(ann.id))
        assert found is not None
        return found

    async def users(self) -> list[str]:
        return [row[0] for row in await self.bench.sql("SELECT nick FROM users ORDER BY nick_key")]

    async def until(self, *states: ImportState) -> Import:
        running = asyncio.create_task(self.runner.run())
        try:
            async with asyncio.timeout(60):
                while (one := await self.stored()).state not in states:  # noqa: ASYNC110 # the database is asked
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        return one


@pytest.fixture
async def ann(bench: Bench) -> Importing:
    return Importing(bench, (await bench.enter()).token)


async def test_an_import_goes_from_file_to_undo_page_by_page(ann: Importing) -> None:
    import_id = await ann.sent(entries(1), entries(3))
    assert (await ann.stored()).state is ImportState.PREVIEW
    left = {"import_id": import_id, "place": 1, "left_out": (4,)}
    assert (await ann.ask(ChooseImport, **left)).outcome is Outcome.DONE
    assert await ann.users() == []
    assert (await ann.ask(StartImport, import_id=import_id, kinds=("add",))).outcome is Outcome.DONE
    for request, values in ((ChooseImport, left), (DropImport, {"import_id": import_id})):
        assert (await ann.ask(request, **values)).outcome is Outcome.GONE, "it is being done"
    assert (await ann.ask(BeginImport)).outcome is Outcome.RUNNING
    done = await ann.until(ImportState.DONE)
    assert (done.done, done.counts.added) == (2, 3)
    assert await ann.users() == ["N1", "N2", "N3"]
    assert (await ann.ask(UndoImport, import_id=import_id)).outcome is Outcome.DONE
    await ann.until(ImportState.UNDONE)
    assert await ann.users() == []
    assert await ann.bench.sql("SELECT * FROM groups") == []
    assert (await ann.bench.audit())[-4:] == [
        f"{what} import {import_id}"
        for what in ("import started", "import done", "undo of the import asked for", "import undone")
    ]


async def test_after_a_restart_it_goes_on_with_the_next_page(ann: Importing) -> None:
    import_id = await ann.sent(entries(1), entries(3), entries(5))
    await ann.ask(StartImport, import_id=import_id, kinds=("add", "change"))
    first = ImportRunner(ann.bench.store, "GB", lambda: ann.bench.now, breath=60)
    running = asyncio.create_task(first.run())
    async with asyncio.timeout(60):
        while (await ann.stored()).done == 0:  # noqa: ASYNC110 # the database is asked
            await asyncio.sleep(0.01)
    running.cancel()
    assert await ann.users() == ["N1", "N2"]
    assert (await ann.until(ImportState.DONE)).counts.added == 6


async def test_what_changed_since_the_preview_is_told_and_stays(ann: Importing) -> None:
    import_id = await ann.sent(entries(1))
    await ann.bench.store.run(lambda tx: tx.directory.apply(1, PutUser(User("N2", "+447700900555"))))
    await ann.ask(StartImport, import_id=import_id, kinds=("add",))
    one = await ann.until(ImportState.DONE)
    assert (one.counts.added, one.counts.not_done) == (1, 1)
    failed = await ann.bench.store.run(lambda tx: tx.portal_imports.not_done(import_id, 4))
    assert [(row.line, row.fault) for row in failed] == [(2, "changed-meanwhile")]
    await ann.bench.store.run(lambda tx: tx.directory.apply(1, PutUser(User("N1", "+447700900556"))))
    await ann.ask(UndoImport, import_id=import_id)
    assert (await ann.until(ImportState.UNDONE)).counts.stay == 1
    assert await ann.users() == ["N1", "N2"]


async def test_a_fault_stops_one_import_after_whole_pages(ann: Importing) -> None:
    import_id = await ann.sent(entries(1), entries(3))
    await ann.bench.sql("DELETE FROM portal_import_pages WHERE place = 1 RETURNING place")
    await ann.ask(StartImport, import_id=import_id, kinds=("add",))
    stopped = await ann.until(ImportState.STOPPED)
    assert (stopped.done, await ann.users()) == (1, ["N1", "N2"])
    assert (await ann.bench.audit())[-1] == f"import stopped by a fault import {import_id}"
    assert (await ann.ask(UndoImport, import_id=import_id)).outcome is Outcome.DONE
    await ann.until(ImportState.UNDONE)
    assert await ann.users() == []


async def test_an_import_has_an_end(ann: Importing) -> None:
    import_id = await ann.sent(entries(1))
    await ann.ask(StartImport, import_id=import_id, kinds=("add",))
    await ann.until(ImportState.DONE)
    ann.bench.now += UNDO_LASTS
    assert (await ann.ask(UndoImport, import_id=import_id)).outcome is Outcome.GONE
    assert (await ann.ask(DropImport, import_id=import_id + 1)).outcome is Outcome.GONE
    ann.bench.now += FORGOTTEN
    chores = dict(portal_chores(ann.bench.now))
    assert await ann.bench.store.run(chores["imports"]) == 1
    assert await ann.users() == ["N1", "N2"]
    assert await ann.bench.sql("SELECT * FROM portal_import_pages") == []


async def test_a_file_has_so_many_pages_and_another_takes_its_place(
    ann: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_PAGES == 200
    first = await ann.sent(entries(1))
    monkeypatch.setattr(imports, "MOST_PAGES", 1)
    second = await ann.began()
    assert second != first
    page = {"import_id": second, "entries": entries(1)}
    assert (await ann.ask(AddImportPage, **page)).outcome is Outcome.DONE
    assert (await ann.ask(AddImportPage, **page)).outcome is Outcome.GONE
    assert (await ann.ask(AddImportPage, **{**page, "import_id": first})).outcome is Outcome.GONE
    assert (await ann.ask(DropImport, import_id=second)).outcome is Outcome.DONE
    assert await ann.bench.sql("SELECT * FROM portal_imports") == []


async def test_nobody_touches_what_another_imports(ann: Importing) -> None:
    import_id = await ann.sent(entries(1))
    bob = await ann.bench.portal.choose_password((await ann.bench.sign_in(FIRST, BOB)).token, CHOSEN, HOME)
    asked: list[tuple[Callable[..., Change], dict[str, Any]]] = [
        (ChooseImport, {"import_id": import_id, "place": 0}),
        (StartImport, {"import_id": import_id, "kinds": ("add",)}),
        (UndoImport, {"import_id": import_id}),
        (DropImport, {"import_id": import_id}),
        (AddImportPage, {"import_id": import_id, "entries": entries(1)}),
    ]
    for kind, values in asked:
        assert (await ann.ask(kind, token=bob.token, **values)).outcome is Outcome.GONE
    for kind, values in (
        *asked,
        (BeginImport, {}),
        (NoteExport, {}),
        (RenewPins, {"number": 3}),
        (SharePin, {"number": 3}),
        (SaveSettings, {"values": {"email": "a@b.example"}, "was": ""}),
    ):
        assert (await ann.ask(kind, token="nobody", **values)).outcome is Outcome.SIGNED_OUT
    assert (await ann.stored()).state is ImportState.PREVIEW


async def was(ann: Importing) -> str:
    found = await ann.bench.store.run(lambda tx: tx.subscribers.by_number(ANN))
    assert found is not None
    return settings.version_of(found)


async def test_settings_are_changes_of_the_subscriber_that_the_crm_polls(ann: Importing) -> None:
    save: Callable[..., Awaitable[Came]] = partial(ann.ask, SaveSettings)
    first = await was(ann)
    values = {"email": "ann@example.com", "pressOne": "true", "timeZone": "Europe/Vienna", "callBacks": "2"}
    assert (await save(values=values, was=first)).outcome is Outcome.DONE
    assert await ann.bench.sql(
        "SELECT email, press_one, time_zone, call_backs FROM subscribers WHERE id = 1"
    ) == [("ann@example.com", True, "Europe/Vienna", 2)]
    changes = await ann.bench.sql('SELECT number, what, attributes, "by", by_crm FROM subscriber_changes')
    assert [(one[0], one[1], one[3], bool(one[4])) for one in changes] == [(ANN, "changed", "portal", False)]
    assert (await save(values={"callBacks": "3"}, was=first)).outcome is Outcome.STALE
    now = await was(ann)
    for name, value in (("email", "no mail"), ("timeZone", "Europe/Nowhere"), ("callBacks", "99")):
        refused = await save(values={name: value}, was=now)
        assert (refused.outcome, refused.place) == (Outcome.REFUSED, name)
    for name in ("minutesPerMonth", "participants", "awaySeconds", "name", "suspended"):
        assert (await save(values={name: "1"}, was=now)).fault == settings.NOT_THEIRS
    assert (await save(values={"callBacks": "2"}, was=now)).outcome is Outcome.DONE
    assert len(await ann.bench.sql("SELECT * FROM subscriber_changes")) == 1, "nothing was changed"
    assert (await save(values={"callBacks": ""}, was=now)).outcome is Outcome.DONE
    assert await ann.bench.sql("SELECT call_backs FROM subscribers WHERE id = 1") == [(None,)]
    assert (await ann.bench.audit())[-2:] == ["settings changed", "settings changed"]


async def pin(ann: Importing) -> str:
    shown = await ann.bench.portal.ways_in(ann.token, 3, HOME)
    return shown.ways[0].user


async def test_pins_are_renewed_and_the_old_ones_open_nothing(ann: Importing) -> None:
    old = await pin(ann)
    assert (await ann.ask(RenewPins, number=3)).outcome is Outcome.DONE
    new = await pin(ann)
    assert new != old
    assert await ann.bench.store.run(lambda tx: tx.pins.by_digits(old)) is None
    assert (await ann.ask(RenewPins, number=4)).outcome is Outcome.GONE
    assert "PINs renewed instant conference 3" in await ann.bench.audit()


async def test_a_user_pin_goes_as_sms_to_one_or_all_and_not_for_ever(ann: Importing) -> None:
    assert (await ann.ask(SharePin, number=3)).outcome is Outcome.GONE, "it has none yet"
    digits = await pin(ann)

    def more(tx: Transaction) -> None:
        tx.directory.apply(1, PutUser(User("Eve", "+447700900777")))
        tx.directory.apply(1, PutConference(3, (NickMember("Eve"),)))

    before = len(ann.bench.posted.texts)
    sent = await ann.ask(SharePin, number=3)
    assert (sent.outcome, sent.called) == (Outcome.DONE, 1)
    await ann.bench.store.run(more)
    for to in ("", "eve", "07700 900777", "+447700900778"):
        assert (await ann.ask(SharePin, number=3, to=to)).outcome is Outcome.DONE
    texts = ann.bench.posted.texts[before:]
    assert [one.recipient for one in texts] == [NOBODY, *["+447700900777"] * 3, "+447700900778"]
    assert {one.priority for one in texts} == {Priority.BULK}
    assert texts[0].body == (
        f"{ANN} invites you to a conference. While it runs, call +44207946000, PIN {digits}, to join it."
    )
    closed = await ann.ask(SharePin, number=3)
    assert (closed.outcome, closed.wait) == (Outcome.CLOSED, 3600)
    ann.bench.now += LIMITS[CounterKind.PINS_SENT].closed - timedelta(minutes=40)
    assert (await ann.bench.portal.stay_signed_in(ann.token, HOME)).outcome is Outcome.DONE
    ann.bench.now += timedelta(minutes=20)
    assert (await ann.bench.portal.stay_signed_in(ann.token, HOME)).outcome is Outcome.DONE
    ann.bench.now += timedelta(minutes=20)
    refused = await ann.ask(SharePin, number=3, to="12")
    assert (refused.outcome, refused.fault) == (Outcome.REFUSED, "bad-number")
    assert (await ann.ask(SharePin, number=9)).outcome is Outcome.GONE
    assert (await ann.ask(SharePin, number=3, to=ANN)).outcome is Outcome.GONE, "that is Ann herself"
    assert (await ann.ask(SharePin, number=3, to=name_key("EVE"))).outcome is Outcome.DONE
    assert (await ann.bench.audit())[-1] == "User PIN sent instant conference 3, to 1"
