"""A subscriber's browser before the pair, over the lab's network: what they see outlives a server."""

import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from lab_pair import on
from playwright.async_api import Page, expect

from workbench.chaos import pair as pair_chaos
from workbench.demo.portal import PASSWORD
from workbench.demo.stage import EVERYBODY, GROUP, GROUP_NAME
from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.lab.faults.rows import other
from workbench.parts.chromium import chromium

SUBSCRIBER = EVERYBODY["subscriber"]
TAKE_OVER = 120_000  # ms
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root"),
    pytest.mark.skipif(any(shutil.which(tool) is None for tool in lab.TOOLS), reason="the lab's programs"),
    pytest.mark.timeout(3600),
    pytest.mark.usefixtures("pair"),
]


@pytest.fixture(autouse=True)
def group() -> None:
    node = pair_chaos.active()
    on(
        node,
        f"sudo -u usnd usnd subscriber show {SUBSCRIBER} || sudo -u usnd usnd subscriber add {SUBSCRIBER}",
    )
    for nick, number in GROUP.items():
        lab.ask("text", "subscriber", f"UC {nick} {number} {nick.title()}.Jones {GROUP_NAME}")
    lab.ask("hang-up")


@asynccontextmanager
async def signed_in() -> AsyncIterator[Page]:
    """By a code that comes as SMS."""
    async with chromium(net.OUTSIDE) as browser:
        context = await browser.new_context(
            base_url=f"https://{net.FLOATING}", ignore_https_errors=True, locale="en-GB"
        )
        page = await context.new_page()
        await page.goto("/forgotten")
        seen = len(sms())
        await page.get_by_label("Telephone number").fill(SUBSCRIBER)
        await page.get_by_role("button", name="Send the code").click()
        await expect(page.get_by_label("The code from the SMS")).to_be_visible()
        await page.get_by_label("The code from the SMS").fill(await code(seen))
        await page.get_by_role("main").get_by_role("button").click()
        for field in await page.locator("input[type=password]").all():
            await field.fill(PASSWORD)
        await page.get_by_role("main").get_by_role("button").click()
        await expect(page.get_by_role("heading", name="Home")).to_be_visible()
        yield page


def sms() -> list[str]:
    """What the subscriber was sent."""
    told = [event.get("pdu") or {} for event in json.loads(lab.ask("events"))]
    return [
        str(pdu["short_message"])
        for pdu in told
        if pdu.get("command") == "submit_sm" and pdu["destination_addr"] == SUBSCRIBER.removeprefix("+")
    ]


async def code(seen: int) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for words in sms()[seen:]:
            if found := re.search(r"\b\d{6}\b", words):
                return found[0]
        await asyncio.sleep(0.2)
    raise AssertionError("no code came as SMS")


async def moved(to: str) -> float:
    """When the floating address was there."""
    addresses = ""
    while net.FLOATING not in addresses:
        addresses = await asyncio.to_thread(lab.ask, "run", to, "ip", "-4", "address", "show")
    return time.monotonic()


def test_a_live_page_goes_on_at_the_other_server() -> None:
    """The active dies. The page is signed in as before, and shows those who are called together again."""
    asyncio.run(goes_on())
    pair_chaos.active()


async def goes_on() -> None:
    node = await asyncio.to_thread(pair_chaos.active)
    async with signed_in() as page:
        await page.goto("/live")
        link = page.locator("#link")
        await expect(link).to_have_class("link live", timeout=30_000)
        await asyncio.to_thread(lab.ask, "text", "subscriber", f"IC {GROUP_NAME}")
        await expect(page.locator("#people .say", has_text="in the conference")).to_have_count(
            len(EVERYBODY), timeout=60_000
        )
        began = time.monotonic()
        has_moved = asyncio.create_task(moved(other(node)))
        await asyncio.to_thread(lab.ask, "power", node, "panic")
        await asyncio.to_thread(lab.ask, "hang-up")
        await expect(link).not_to_have_class("link live", timeout=TAKE_OVER)
        noticed = time.monotonic()
        await expect(link).to_have_class("link live", timeout=TAKE_OVER)
        again = time.monotonic()
        address = await has_moved
        await expect(page.locator("#people .say", has_text="in the conference")).to_have_count(
            len(EVERYBODY), timeout=TAKE_OVER
        )
        called = time.monotonic()
        await page.goto("/")
        await expect(page.get_by_role("heading", name="Home")).to_be_visible()
    seconds = {
        "noticed": noticed - began,
        "address_moved": address - began,
        "live_again": again - began,
        "live_after_address": again - address,
        "all_in_again": called - began,
    }
    pair_chaos.FOLDER.mkdir(parents=True, exist_ok=True)
    rounded = {name: round(value, 2) for name, value in seconds.items()}
    (pair_chaos.FOLDER / "live-page.json").write_text(json.dumps(rounded) + "\n")
    await asyncio.to_thread(lab.ask, "hang-up")
