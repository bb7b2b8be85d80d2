"""A person before the portal: a real browser, a telephone that rings, and what usnd itself says of it all."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

from playwright._impl._api_structures import SetCookieParam
from playwright.async_api import Browser, BrowserContext, Page, StorageState
from portal.node import CHOSEN, FIRST

from usnd.control.answers import PortalAnswer
from usnd.control.client import NotDone, ask
from usnd.control.portal_requests import ChoosePassword, OfPortal, SignIn
from usnd.control.requests import Add, End, Look, Mute, socket_of
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.subscribers.credentials import CredentialKey, stored
from usnd.domain.subscribers.orders import Credentials
from usnd.web.control_line import at_portal
from usnd.web.portal.visitor import SESSION
from workbench.demo.portal import PASSWORD
from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage
from workbench.demo.tones import TONES
from workbench.parts.sites.portal import PortalFront
from workbench.parts.sites.site_front import NODE_KEY
from workbench.parts.voice.switch import Handset

_SOURCE = "127.0.0.1"
_PATIENCE = 60.0
_SHOWN = """() => Object.fromEntries([...document.querySelectorAll('#people > li')].map((row) => [
  row.querySelector('.number bdi').textContent, row.querySelector('.say').textContent]))"""
WORDS = {
    "planned": "is being called",
    "dialling": "is being called",
    "ringing": "telephone is ringing",
    "answered": "has answered",
    "joined": "in the conference",
    "leaving": "is leaving",
}


class Ground:
    """The parts, running. complaints: what pages said that they should not.

    sql: asks the database, as its operator.
    """

    def __init__(
        self, parts: Stage, front: PortalFront, browser: Browser, sql: Callable[[str], list[Any]]
    ) -> None:
        self.parts, self.front, self._browser, self.sql = parts, front, browser, sql
        self._numbers = count(100)
        self._kept: StorageState | None = None
        self._control = socket_of(parts.usn.home)
        self.complaints = list[str]()

    async def sign_in(self) -> None:
        """All pages from now on are signed in."""
        page = await self.page()
        await page.goto("/sign-in")
        await page.get_by_label("Telephone number").fill(SUBSCRIBER)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("main").get_by_role("button").click()
        await page.get_by_role("heading", name="Home").wait_for()
        self._kept = await page.context.storage_state()
        await page.context.close()

    async def subscriber(self, *, chosen: bool = True) -> str:
        """A new one, who has a handset and a first password; chosen: and has chosen theirs."""
        number = f"+447700900{next(self._numbers)}"
        kept = stored(CredentialKey(bytes.fromhex(NODE_KEY)), Credentials(number, FIRST))
        self.sql(
            f"INSERT INTO subscribers (number, created_at, credential) VALUES ('{number}', now(), '{kept}')"
        )
        await self.parts.switch.put(Handset(number, TONES[-1]))
        if chosen:
            begun = await self.ask(SignIn(number=number, password=FIRST, source=_SOURCE))
            await self.ask(ChoosePassword(token=begun.token, password=CHOSEN, source=_SOURCE))
            await self.parts.smsc.next_text(number, _PATIENCE)
        return number

    def fill(self, number: str, users: int) -> None:
        """The subscriber gets users of nicks user001 and on, the highest number first."""
        self.sql(
            "INSERT INTO users (subscriber_id, nick_key, nick, number, first, last) SELECT id,"
            " 'user' || to_char(nth, 'FM000'), 'user' || to_char(nth, 'FM000'),"
            " '+447700' || to_char(901000 - nth, 'FM000000'), 'First' || nth, 'Last'"
            f" FROM subscribers, generate_series(1, {users}) AS nth WHERE number = '{number}'"
        )

    async def cookie(self, number: str) -> SetCookieParam:
        """Of a new session of a subscriber who has chosen their password."""
        password = PASSWORD if number == SUBSCRIBER else CHOSEN
        token = (await self.ask(SignIn(number=number, password=password, source=_SOURCE))).token
        return {"name": SESSION, "value": token, "url": self.front.address, "secure": True}

    async def ask(self, request: OfPortal) -> PortalAnswer:
        """As the site does; in a thread: the SMSC lives in this loop."""
        answer = await asyncio.to_thread(at_portal, self._control, request, _PATIENCE)
        assert answer.outcome is Outcome.DONE, answer.outcome
        return answer

    async def page(self, context: BrowserContext | None = None, **options: Any) -> Page:
        """A new tab of that browser, else of a new one: signed in, in English, unless options say else."""
        if context is None:
            usual = {"locale": "en-GB", "storage_state": self._kept}
            context = await self._browser.new_context(
                base_url=self.front.address, ignore_https_errors=True, **usual | options
            )
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._hear(said.type, said.text))
        return page

    def _hear(self, kind: str, text: str) -> None:
        """That a site does not answer is no fault of the page."""
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.complaints.append(text)

    async def launch(self) -> None:
        """By SMS; returns when the subscriber reads that it is."""
        await self.parts.text("IC Mkting")

    async def add(self, nick: str) -> None:
        """As an operator would: the page learns of it as of anything else."""
        conference = (await self.calls())[0]["conference"]
        await asyncio.to_thread(ask, self._control, Add(conference=conference, members=(nick,)))

    async def mute(self, nick: str, *, on: bool) -> None:
        """The same."""
        row = (await self.calls())[0]
        who = GROUP[nick]
        await asyncio.to_thread(ask, self._control, Mute(conference=row["conference"], who=who, on=on))

    async def calls(self) -> list[dict[str, Any]]:
        """As `usnd conference watch` has them."""
        live = await asyncio.to_thread(ask, self._control, Look())
        return [{**row} for row in live.calls]

    async def truth(self) -> dict[str, str]:
        """By number: what the page should say of each who is not out of it, by usnd's own list."""
        last = {row["number"]: row for row in await self.calls()}
        return {
            number: WORDS[row["call_state"]]
            + (", muted" if row["muted"] and row["call_state"] == "joined" else "")
            for number, row in last.items()
            if row["call_state"] != "ended"
        }

    async def shown(self, page: Page) -> dict[str, str]:
        """The same by the page."""
        told: dict[str, str] = await page.evaluate(_SHOWN)
        known = {*WORDS.values()}
        return {number: words for number, words in told.items() if words.removesuffix(", muted") in known}

    async def calm(self) -> None:
        """Ends what runs, and gives all handsets back what they do."""
        for number in {row["conference"] for row in await self.calls()}:
            with suppress(NotDone):  # it is ending already
                await asyncio.to_thread(ask, self._control, End(conference=number))
        while await self.calls():  # noqa: ASYNC110 # no event says it
            await asyncio.sleep(0.1)
        await self.parts.switch.put(*(self.parts.handset(number) for number in EVERYBODY.values()))

    async def all_in(self, numbers: set[str] | None = None) -> None:
        """Returns when they are, by usnd; None: all."""
        wanted = numbers or {SUBSCRIBER, *GROUP.values()}
        states: dict[str, str] = {}
        for _ in range(600):
            states = {row["number"]: row["call_state"] for row in await self.calls()}
            if all(states.get(number) == "joined" for number in wanted):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(states)

    async def until_same(self, page: Page) -> bool:
        """Whether page and usnd come to say the same."""
        for _ in range(300):
            if await self.truth() == await self.shown(page):
                return True
            await asyncio.sleep(0.1)
        return False
