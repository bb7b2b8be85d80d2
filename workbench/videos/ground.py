"""Where the videos are recorded: the demo's network with the portal, and its subscriber as a story wants
them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from playwright.async_api import Browser, BrowserContext
from sqlalchemy import text

from usnd.control.client import NotDone, ask
from usnd.control.requests import End, Look, socket_of
from usnd.domain.subscribers.credentials import CredentialKey, stored
from usnd.domain.subscribers.orders import Credentials
from usnd.store.core.engine import engine_for
from workbench.demo.portal import portal_stage
from workbench.demo.stage import SUBSCRIBER, Stage
from workbench.parts.chromium import chromium
from workbench.parts.process import PartError, until
from workbench.parts.sites.portal import PortalFront
from workbench.parts.sites.site_front import NODE_KEY
from workbench.videos.people import BOB, CAROL, CHOSEN, DAVE, FIRST, NUMBER
from workbench.videos.recorder import HEIGHT, WIDTH
from workbench.videos.storyboard import Story

LOCALES = {"en": "en-GB", "de": "de-DE"}
_RINGS = {NUMBER: 0.3, BOB: 2.5, CAROL: 4.5, DAVE: 2.0}
_PATIENCE = 30.0
_QUIET = 2.0
"""Seconds without a text, after which no more comes."""
_UNDONE = ("portal_passwords", "portal_sessions", "instant_conferences", "groups", "users")


@dataclass
class Ground:
    """The parts, running."""

    parts: Stage
    front: PortalFront
    browser: Browser

    async def ready(self, story: Story, language: str) -> BrowserContext:
        """A browser before the story begins, signed in unless it is about that. Raises PartError."""
        await self._as_new()
        for one in story.texts:
            await self.parts.text(one, patience=_PATIENCE * 4)
        self._sql(
            "UPDATE subscribers SET language = :language, time_zone = 'Europe/London'", language=language
        )
        context = await self._context(language)
        if not story.first:
            await self._sign_in(context)
        if story.launched:
            await self.parts.text("IC1", patience=_PATIENCE * 4)
            await self.parts.usn.until_event("call joined", _PATIENCE, self._joined + len(_RINGS) - 1)
        return context

    async def calm(self) -> None:
        """Ends what runs."""
        control = socket_of(self.parts.usn.home)
        live = await asyncio.to_thread(ask, control, Look())
        for number in {int(row["conference"]) for row in live.calls}:
            with suppress(NotDone):  # it is ending already
                await asyncio.to_thread(ask, control, End(conference=number))
        if not await until(lambda: not ask(control, Look()).calls, _PATIENCE, 0.2):
            raise PartError("the conference of a video does not end")

    async def _as_new(self) -> None:
        """As if nothing had been done by then; texts are in English."""
        for table in _UNDONE:
            self._sql(f"DELETE FROM {table}")  # noqa: S608 # our names
        kept = stored(CredentialKey(bytes.fromhex(NODE_KEY)), Credentials(NUMBER, FIRST))
        self._sql("UPDATE subscribers SET language = 'en', credential = :kept", kept=kept)
        for number, ring in _RINGS.items():
            await self.parts.switch.put(self.parts.handset(number, ring=ring))
        with suppress(TimeoutError):  # texts of the video before are no answers to those of this one
            while True:
                await self.parts.smsc.next_text(NUMBER, _QUIET)
        self._joined = self.parts.usn.count("call joined")

    def _sql(self, statement: str, **values: str) -> None:
        engine = engine_for(self.parts.usn.store_url)
        with engine.begin() as connection:
            connection.execute(text(statement), values)
        engine.dispose()

    async def _context(self, language: str) -> BrowserContext:
        return await self.browser.new_context(
            base_url=self.front.address,
            ignore_https_errors=True,
            locale=LOCALES[language],
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
        )

    async def _sign_in(self, context: BrowserContext) -> None:
        page = await context.new_page()
        await page.goto("/sign-in")
        await page.locator("#number").fill(SUBSCRIBER)
        await page.locator("#password").fill(FIRST)
        await page.locator("main form button").click()
        await page.locator("#again").fill(CHOSEN)
        await page.locator("#password").fill(CHOSEN)
        await page.locator("main form button").click()
        await page.locator("ul.places").wait_for()
        await page.close()


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Starts everything and stops it, also on exceptions. Raises PartError, DebianError."""
    async with portal_stage() as (parts, front), chromium() as browser:
        yield Ground(parts, front, browser)
