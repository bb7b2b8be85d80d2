"""`make bench-portal-pages`: the portal's pages in Chromium, by Lighthouse, and how soon a text shows.

Home and the page of a running conference, on a telephone and in a wide window: scores of 0 to 100, octets of
script. Then texts launch conferences while that page is open: milliseconds from the text to the row that is
seen. All parts, the browser too, are on this machine: one that is busy costs points of performance. The
result is in build/bench/portal-pages.json.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence

from playwright.async_api import Page

from usnd.control.client import ask
from usnd.control.requests import End, Look, socket_of
from workbench.bench.results import write_result
from workbench.demo.portal import furnish, portal_stage, session_cookie
from workbench.demo.stage import SUBSCRIBER, Stage
from workbench.parts.chromium import chromium
from workbench.parts.lighthouse import ACCESSIBILITY, PERFORMANCE, PRACTICES, verdict
from workbench.parts.process import PartError, run
from workbench.parts.sites.portal import PortalFront
from workbench.parts.usn import SHORT_CODE
from workbench.setup.command import command

LEAST = {PERFORMANCE: 90, ACCESSIBILITY: 95, PRACTICES: 95}
MOST_SCRIPT = 60_000
"""Octets of a page, as they are sent."""
SOON = 1000
"""Milliseconds from a text to the page."""
SETTINGS = "[texts]\ncommands = 1000000\n"
_SEEN = """() => new Promise((done) => {
  const look = () => {
    if (!document.querySelector("#conference.on") || !document.querySelector("#people > li")) return;
    watch.disconnect();
    done(Date.now());
  };
  const watch = new MutationObserver(look);
  watch.observe(document.getElementById("live"), { subtree: true, childList: true, attributes: true });
  look();
})"""


async def judge(parts: Stage, front: PortalFront) -> tuple[dict[str, object], bool]:
    """Lighthouse's word on each page, and whether all of it is as it should be. A conference runs."""
    cookie, judged, is_good = await session_cookie(parts), dict[str, object](), True
    for path in ("", "live"):
        for wide in (False, True):
            one = await verdict(f"{front.address}{path}", [*LEAST], cookie, wide=wide)
            name = f"/{path} {'wide' if wide else 'telephone'}"
            good = one.script_octets <= MOST_SCRIPT and all(
                one.scores[key] >= least for key, least in LEAST.items()
            )
            is_good = is_good and good
            told = {"scores": one.scores, "script_octets": one.script_octets, "ms": one.milliseconds}
            judged[name] = {**told, "faults": one.faults}
            print(f"{name}: {one.scores}, {one.script_octets} octets of script", flush=True)
    return judged, is_good


async def times(parts: Stage, page: Page, count: int) -> list[float]:
    """Milliseconds from a text to what the open page shows of it."""
    found = list[float]()
    for _ in range(count):
        await page.locator("#conference.on").wait_for(state="detached")
        seen = asyncio.create_task(page.evaluate(_SEEN))
        await asyncio.sleep(0.2)  # until the page looks
        sent = time.time() * 1000
        await parts.smsc.deliver(SUBSCRIBER, SHORT_CODE, "IC alfa")
        found.append(await seen - sent)
        await parts.smsc.next_text(SUBSCRIBER, 20)
        await end(parts)
    return found


async def end(parts: Stage) -> None:
    """What runs ends; returns when it has."""
    control = socket_of(parts.usn.home)
    live = await asyncio.to_thread(ask, control, Look())
    for number in {row["conference"] for row in live.calls}:
        await asyncio.to_thread(ask, control, End(conference=number))
    while (await asyncio.to_thread(ask, control, Look())).calls:  # noqa: ASYNC110 # no event says it
        await asyncio.sleep(0.1)


def summary(found: Sequence[float]) -> dict[str, float]:
    """In ms."""
    return {"median": statistics.median(found), "most": max(found)}


async def bench(texts: int) -> bool:
    """Measures, prints and writes the result; whether all was as it should be."""
    async with portal_stage(settings=SETTINGS) as (parts, front):
        await furnish(parts)
        await parts.text("IC Mkting")
        judged, is_good = await judge(parts, front)
        await end(parts)
        async with chromium() as browser:
            page = await browser.new_page(base_url=front.address, ignore_https_errors=True)
            name, _, token = (await session_cookie(parts)).partition("=")
            await page.context.add_cookies(
                [{"name": name, "value": token, "url": front.address, "secure": True}]
            )
            await page.goto("/live")
            await page.wait_for_selector("#link.live")
            found = summary(await times(parts, page, texts))
    result = {"least": LEAST, "most_script_octets": MOST_SCRIPT, "pages": judged, "text_to_page_ms": found}
    print(write_result("portal-pages", result), end="")
    return is_good and found["most"] <= SOON


def main() -> int:
    """The command; 1: something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20)
    if run(bench(parser.parse_args().texts)):
        return 0
    raise PartError("not all of it is as it should be: see the result above")


if __name__ == "__main__":
    sys.exit(command(main))
