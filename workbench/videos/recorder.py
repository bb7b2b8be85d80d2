"""A browser that acts a step and is recorded: Chromium's own screencast, with a pointer and a ring drawn on
top.

Pictures come when something on the page changes (CDP Page.startScreencast), each with its time. What is
drawn is set by the DOM, as the site's policy lets no style in; it goes with the page.
"""

import asyncio
import base64
import time
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Page

from workbench.videos.storyboard import Act, Await, Open, Play, Press, Show, Step, Write
from workbench.videos.timing import PAUSE, Frame, Take

WIDTH, HEIGHT = 960, 540
KEYS_APART = 45.0
"""Milliseconds between two letters."""
LOOK = 0.6
"""Seconds that a ring is seen before it is pressed."""
SETTLE = 0.5
PATIENCE = 120_000.0
_ARROW = "M0 0 L0 22 L5.5 17 L9 25 L13 23.2 L9.5 15.5 L17 15.5 Z"
_POINT = """async ({ at, from, ring, arrow, width, height }) => {
  const place = (name, make) => {
    const old = document.getElementById(name);
    if (old) return old;
    const made = make();
    made.id = name;
    Object.assign(made.style, { position: "fixed", zIndex: 2147483647, pointerEvents: "none" });
    document.body.append(made);
    return made;
  };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const space = "http://www.w3.org/2000/svg";
  const pointer = place("video-pointer", () => {
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "-1 -1 20 28");
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", arrow);
    path.setAttribute("fill", "#111");
    path.setAttribute("stroke", "#fff");
    path.setAttribute("stroke-width", "1.5");
    svg.append(path);
    Object.assign(svg.style, { width: "24px", height: "34px", left: `${from.x}px`, top: `${from.y}px` });
    return svg;
  });
  document.getElementById("video-ring")?.remove();
  if (!at) return from;
  const seen = document.querySelector(at);
  const inside = (box) => box.top >= 8 && box.bottom <= height - 8;
  if (!inside(seen.getBoundingClientRect())) {
    const high = seen.getBoundingClientRect().height > height - 40;
    seen.scrollIntoView({ block: high ? "start" : "center", behavior: "smooth" });
    for (let last = NaN; last !== scrollY;) { last = scrollY; await wait(120); }
  }
  const box = seen.getBoundingClientRect();
  const top = Math.max(box.top, 4), bottom = Math.min(box.bottom, height - 4);
  const to = ring === "show"
    ? { x: Math.min(box.right + 4, width - 30), y: Math.min(bottom - 8, height - 40) }
    : { x: box.left + Math.min(box.width / 2, 140), y: box.top + box.height / 2 };
  pointer.style.transition = "left 450ms ease-in-out, top 450ms ease-in-out";
  await wait(30);
  Object.assign(pointer.style, { left: `${to.x}px`, top: `${to.y}px` });
  await wait(480);
  const drawn = place("video-ring", () => document.createElement("div"));
  const left = Math.max(box.left - 6, 2);
  Object.assign(drawn.style, {
    left: `${left}px`,
    top: `${top - 5}px`,
    width: `${Math.min(box.width + 12, width - 4 - left)}px`,
    height: `${bottom - top + 10}px`,
    boxSizing: "border-box",
    border: "4px solid #d9480f",
    borderRadius: "8px",
    background: "rgb(217 72 15 / 8%)",
  });
  return to;
}"""


class Recorder:
    """Of one page. frames: what came, in order. home: where the pictures go."""

    def __init__(self, page: Page, home: Path) -> None:
        self._page, self._home = page, home
        self._session: CDPSession | None = None
        self._pointer = {"x": WIDTH / 2, "y": HEIGHT / 2}
        self._acks = set[asyncio.Task[Any]]()
        self.frames = list[Frame]()

    async def start(self) -> None:
        """Pictures come from now on."""
        await self._point("", "")
        self._session = await self._page.context.new_cdp_session(self._page)
        self._session.on("Page.screencastFrame", self._keep)
        await self._session.send("Page.startScreencast", {"format": "jpeg", "quality": 92})
        while not self.frames:  # noqa: ASYNC110 # no event says it
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """No more come."""
        if self._session is not None:
            await self._session.send("Page.stopScreencast")
        await asyncio.gather(*self._acks, return_exceptions=True)

    def _keep(self, event: dict[str, Any]) -> None:
        file = self._home / f"frame-{len(self.frames):05}.jpg"
        file.write_bytes(base64.b64decode(event["data"]))
        self.frames.append(Frame(event["metadata"]["timestamp"], file))
        assert self._session is not None
        ack = self._session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})
        task = asyncio.ensure_future(ack)
        self._acks.add(task)
        task.add_done_callback(self._acks.discard)

    async def act(self, step: Step, spoken: float) -> Take:
        """spoken: seconds that its words take. Raises playwright's TimeoutError where something is not
        there.
        """
        begun = time.time()
        for one in step.do:
            await self._do(one)
        await asyncio.sleep(SETTLE)
        if step.moves:
            await asyncio.sleep(max(0.0, begun + spoken + PAUSE - time.time()))
        return Take(begun, time.time(), spoken)

    async def _do(self, act: Act) -> None:
        page = self._page
        match act:
            case Open(path):
                await page.goto(path)
                await self._point("", "")
            case Press(at):
                await self._seen(at)
                await page.locator(at).first.click(timeout=PATIENCE)
                await asyncio.sleep(0.15)
                await page.wait_for_load_state("load")
                await self._point("", "")
            case Write(at, text):
                await self._seen(at)
                await page.locator(at).first.click(timeout=PATIENCE)
                await page.locator(at).first.press_sequentially(text, delay=KEYS_APART)
            case Show(at):
                await self._seen(at, "show")
            case Play(at):
                await self._seen(at)
                box = await page.locator(at).first.bounding_box()
                await page.locator(at).first.click(position={"x": 28, "y": box["height"] / 2 if box else 20})
            case Await(at):
                await page.locator(at).first.wait_for(timeout=PATIENCE)

    async def _seen(self, at: str, ring: str = "press") -> None:
        await self._page.locator(at).first.wait_for(timeout=PATIENCE)
        await self._point(at, ring)
        await asyncio.sleep(LOOK)

    async def _point(self, at: str, ring: str) -> None:
        drawn = {"arrow": _ARROW, "width": WIDTH, "height": HEIGHT}
        self._pointer = await self._page.evaluate(
            _POINT, {"at": at, "from": self._pointer, "ring": ring, **drawn}
        )
