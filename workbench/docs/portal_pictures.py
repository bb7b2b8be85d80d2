"""`make portal-pictures`: each page of the portal as a browser shows it, for docs/subscriber/README.md.

The pages are real: a subscriber with users, a group, a conference that is over, with a recording, and one
that runs. Each is taken in a wide window and on a telephone, in WebP. With `--all DIRECTORY` they are taken
whole, in each language, light and dark, as PNG, for who wants to look at all of them.
"""

import argparse
import asyncio
import base64
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, FilePayload, Page, ViewportSize

from usnd.web.portal.words import LANGUAGES
from workbench import ROOT
from workbench.demo.portal import furnish, portal_stage, session_cookie
from workbench.demo.stage import GROUP_NAME, SUBSCRIBER, Stage
from workbench.parts.chromium import chromium
from workbench.parts.process import PartError, run
from workbench.parts.sites.portal import PortalFront
from workbench.setup.command import command

FOLDER = ROOT / "docs/subscriber/pictures"
_WIDE, _TELEPHONE = ViewportSize(width=1000, height=700), ViewportSize(width=360, height=640)
WINDOWS = {"wide": _WIDE, "telephone": _TELEPHONE}
_QUALITY = 55
_PATIENCE = 60.0
_RECORDED = 3000
"""Milliseconds."""
_CONTACTS = (
    b"Nick,First name,Last name,Number,Groups\ndora,Dora,Smith,+447700900005,Tennis\n"
    b"alfa,Alfa,Brown,+447700900002,\nshort,Short,Number,12,\n"
)
Scheme = Literal["light", "dark"]


async def _nothing(_page: Page) -> None:
    return


async def _show_pins(page: Page) -> None:
    await page.locator("form[action*='/pins'] button").first.click()
    await page.locator("#activation-1").wait_for()


async def _upload(page: Page) -> None:
    file = FilePayload(name="contacts.csv", mimeType="text/csv", buffer=_CONTACTS)
    await page.locator("#file").set_input_files(file)
    await page.locator("form[action='/users/import'] button").click()
    await page.locator("form[action='/users/import/choose']").wait_for()


async def _drop(page: Page) -> None:
    await page.locator("form[action='/users/import/drop'] button").click()
    await page.locator("#file").wait_for()


async def _live(page: Page) -> None:
    await page.locator("#link.live").wait_for()


async def _wrong(page: Page) -> None:
    await page.locator("main form:has(.field) button").first.click()
    await page.locator(".errors").wait_for()


@dataclass(frozen=True)
class Picture:
    """A page, and what is done there before and after it is taken. in_manual: it is in docs/subscriber."""

    name: str
    path: str
    before: Callable[[Page], Awaitable[None]] = _nothing
    after: Callable[[Page], Awaitable[None]] = _nothing
    signed_in: bool = True
    in_manual: bool = True


PICTURES = (
    Picture("sign-in", "/sign-in", signed_in=False),
    Picture("forgotten", "/forgotten", signed_in=False, in_manual=False),
    Picture("code", "/code", signed_in=False, in_manual=False),
    Picture("sign-in-wrong", "/sign-in", _wrong, signed_in=False, in_manual=False),
    Picture("home", "/"),
    Picture("users", "/users"),
    Picture("user", "/users/new", in_manual=False),
    Picture("user-wrong", "/users/new", _wrong, in_manual=False),
    Picture("import", "/users/import", in_manual=False),
    Picture("import-preview", "/users/import", _upload, _drop),
    Picture("groups", "/groups"),
    Picture("group", f"/group/{GROUP_NAME}", in_manual=False),
    Picture("conferences", "/conferences", _show_pins),
    Picture("members", "/conferences/1/members"),
    Picture("renew", "/conferences/1/renew", in_manual=False),
    Picture("live", "/live", _live),
    Picture("history", "/history"),
    Picture("conference", "/history/1"),
    Picture("recordings", "/recordings"),
    Picture("usage", "/usage"),
    Picture("calls", "/calls"),
    Picture("texts", "/texts"),
    Picture("settings", "/settings"),
    Picture("help", "/help"),
    Picture("card", "/help/card", in_manual=False),
    Picture("security", "/security"),
)
"""In the order of the manual."""


async def has_been(parts: Stage, front: PortalFront, browser: Browser) -> None:
    """A conference is over, with a recording, and one runs."""
    cookie = await session_cookie(parts)
    await parts.text(f"IC {GROUP_NAME}")
    page = await _page(browser, front, cookie, "en", "light", "wide")
    await page.goto("/live")
    for nick in ("Alfa", "Bravo", "Charlie"):
        await page.locator(".person.in", has_text=nick).wait_for()
    await page.get_by_role("button", name="Record the conference").click()
    await page.wait_for_timeout(_RECORDED)
    await page.get_by_role("button", name="Stop recording").click()
    await page.get_by_role("button", name="Record the conference").wait_for()
    await page.locator("#ending summary").click()
    await page.get_by_role("button", name="End for everybody").click()
    await page.locator("#conference .say", has_text="Your conference has ended.").wait_for()
    await parts.text("IC 1")
    for nick in ("Alfa", "Bravo", "Charlie"):
        await page.locator(".person.in", has_text=nick).wait_for()
    await page.context.close()


async def _page(
    browser: Browser, front: PortalFront, cookie: str, language: str, scheme: Scheme, window: str
) -> Page:
    context = await browser.new_context(
        base_url=front.address,
        ignore_https_errors=True,
        locale={"en": "en-GB"}.get(language, language),
        color_scheme=scheme,
        viewport=WINDOWS[window],
    )
    if cookie:
        name, _, token = cookie.partition("=")
        await context.add_cookies([{"name": name, "value": token, "url": front.address, "secure": True}])
    return await context.new_page()


async def take(page: Page, place: Path, *, whole: bool) -> None:
    """The page as it is shown. whole: all of it, as PNG; else what the window shows, as WebP."""
    if whole:
        await page.screenshot(path=place.with_suffix(".png"), full_page=True)
        return
    session = await page.context.new_cdp_session(page)
    told = await session.send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
    place.with_suffix(".webp").write_bytes(base64.b64decode(told["data"]))


def _looks(*, whole: bool) -> Iterator[tuple[str, Scheme, str]]:
    """Language, colours, window."""
    schemes: tuple[Scheme, ...] = ("light", "dark") if whole else ("light",)
    yield from product(LANGUAGES if whole else ("en",), schemes, WINDOWS)


async def all_of(parts: Stage, front: PortalFront, browser: Browser, folder: Path, *, whole: bool) -> None:
    """Takes them into the folder."""
    cookie = await session_cookie(parts)
    for language, scheme, window in _looks(whole=whole):
        await asyncio.to_thread(parts.usn.command, "subscriber", "set", SUBSCRIBER, "--language", language)
        for one in PICTURES:
            if not whole and not one.in_manual:
                continue
            page = await _page(browser, front, cookie if one.signed_in else "", language, scheme, window)
            await page.goto(one.path)
            await one.before(page)
            name = f"{one.name}-{window}" + (f"-{language}-{scheme}" if whole else "")
            await take(page, folder / name, whole=whole)
            await one.after(page)
            await page.context.close()
        print(f"{language} {scheme} {window}: taken", flush=True)


async def pictures(folder: Path, *, whole: bool) -> None:
    """Starts all parts, takes the pictures, stops the parts. Raises PartError, DebianError."""
    async with portal_stage(requests_per_second=200) as (parts, front):
        await furnish(parts)
        async with chromium() as browser:
            try:
                async with asyncio.timeout(_PATIENCE * 10):
                    await has_been(parts, front, browser)
                    await all_of(parts, front, browser, folder, whole=whole)
            except TimeoutError as error:
                raise PartError("the pages did not come in time") from error


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIRECTORY", help="all of them, to be looked at")
    asked = parser.parse_args().all
    folder = asked or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    run(pictures(folder, whole=asked is not None))


if __name__ == "__main__":
    sys.exit(command(main))
