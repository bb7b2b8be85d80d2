"""Somebody at the portal: what they press, write and read, whatever they have in front of them.

A journey says what is done, by the names that a person reads on the page; `Way` says how: with a pointer, by
taps on a telephone, without script, by keys alone. Each page that comes is looked at: it has no sideways
scrolling, one heading, and the focus where somebody who cannot see expects it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Download, Locator, Page, expect
from portal.ground import Ground

_MOST_TABS = 150
_MOST_LOOKS = 300
_PAUSE = 200
"""Milliseconds between two looks, where no script looks."""
_LOOKS = """() => {
  const said = document.querySelector("[autofocus]"), here = document.activeElement;
  return {
    wider: document.documentElement.scrollWidth - innerWidth,
    headings: document.querySelectorAll("h1").length,
    lost: here !== (said ?? document.body) && `${here.outerHTML.slice(0, 200)} has the focus`,
  };
}"""
_SHOWN = """(one) => {
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  return one.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
    && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
}"""


@dataclass(frozen=True)
class Way:
    """What somebody has in front of them. width: of the window, in px; below 600 it is a telephone."""

    width: int = 1100
    script: bool = True
    keys: bool = False

    @property
    def is_telephone(self) -> bool:
        return self.width < 600

    @property
    def options(self) -> dict[str, Any]:
        """Of a new browser, for Playwright."""
        size = {"width": self.width, "height": 740}
        phone = {"is_mobile": True, "has_touch": True} if self.is_telephone else {}
        return {"viewport": size, "java_script_enabled": self.script, **phone}


WAYS = {
    "1100 px": Way(),
    "360 px": Way(360),
    "no script": Way(script=False),
    "keys": Way(keys=True),
}


class Person:
    """With the page that they have open, and a telephone of that number."""

    def __init__(self, ground: Ground, page: Page, way: Way, number: str) -> None:
        self.ground, self.page, self.way, self.number = ground, page, way, number
        self.main = page.get_by_role("main")

    async def open(self, path: str) -> None:
        """Types the address."""
        await self.page.goto(path)
        await self._look()

    async def follow(self, name: str) -> None:
        """A link of the page itself, else of what is around it."""
        inside = self.main.get_by_role("link", name=name, exact=True)
        around = self.page.get_by_role("link", name=name, exact=True)
        await self._go(inside if await inside.count() else around)

    async def follow_first(self) -> None:
        """The first link of a table."""
        await self._go(self.main.locator("tbody").get_by_role("link").first)

    async def press(self, name: str) -> None:
        """A button that leads to another page."""
        await self._go(self.button(name))

    async def leap(self, name: str) -> None:
        """A link to another place of the same page."""
        await self._operate(self.main.get_by_role("link", name=name, exact=True))

    async def do(self, name: str) -> None:
        """A button of a page that is changed by script, where there is one."""
        await (self._operate(self.button(name)) if self.way.script else self.press(name))

    async def unfold(self, name: str) -> None:
        """What is folded up under that name."""
        await self._operate(self.page.locator("summary", has_text=name))

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def write(self, label: str, text: str) -> None:
        """In place of what the field has."""
        field = self.main.get_by_label(label, exact=True)
        if not self.way.keys:
            await field.fill(text)
            return
        await self._tab_to(field)
        await self.page.keyboard.press("Control+a")
        await self.page.keyboard.press("Delete")
        await self.page.keyboard.type(text)

    async def tick(self, name: str) -> None:
        """A box, by the beginning of its name."""
        box = self.main.get_by_role("checkbox", name=name).first
        await self._operate(box, "Space")

    async def choose(self, label: str, option: str) -> None:
        """One of a list."""
        field = self.main.get_by_label(label, exact=True)
        if self.way.keys:
            await self._tab_to(field)
            await self.page.keyboard.type(option)
        else:
            await field.select_option(label=option)
        await expect(field.locator("option:checked")).to_have_text(option)

    async def pick(self, label: str, name: str, octets: bytes) -> None:
        """A file, in the window that the browser shows."""
        async with self.page.expect_file_chooser() as shown:
            await self._operate(self.main.get_by_label(label, exact=True))
        chooser = await shown.value
        await chooser.set_files({"name": name, "mimeType": "text/plain", "buffer": octets})

    async def keep(self, name: str) -> Download:
        """The file that a link gives."""
        async with self.page.expect_download() as given:
            await self._operate(self.main.get_by_role("link", name=name, exact=True))
        return await given.value

    async def listen(self) -> None:
        """Starts the first player of the page."""
        player = self.main.locator("audio").first
        if self.way.keys:
            await self._tab_to(player)
            await self.page.keyboard.press("Space")
            return
        box = await player.bounding_box()
        assert box is not None
        where = {"x": 20.0, "y": box["height"] / 2}
        await (player.tap if self.way.is_telephone else player.click)(position=where)  # type: ignore[arg-type]

    async def until_worked_off(self) -> None:
        """The page of an import, when it is done; without script it is asked again."""
        again = self.main.get_by_role("link", name="Look again", exact=True)
        for _ in range(0 if self.way.script else _MOST_LOOKS):
            if not await again.count():
                break
            await self.page.wait_for_timeout(_PAUSE)
            await self.open("/users/import")
        await expect(again).to_have_count(0)

    async def told(self, *words: str) -> None:
        """What came of the last step stands at the top, and has the focus."""
        said = self.main.locator("[autofocus]").first
        for one in words:
            await expect(said).to_contain_text(one)
        await expect(said).to_be_focused()

    async def reads(self, *words: str) -> None:
        for one in words:
            await expect(self.main).to_contain_text(one)

    async def now(self, words: str) -> None:
        """What the page of a running conference says by itself; without script, when it is asked again."""
        if self.way.script:
            await self.reads(words)
            return
        for _ in range(_MOST_LOOKS):
            if words in await self.main.inner_text():
                return
            await self.page.wait_for_timeout(_PAUSE)
            await self.open("/live")
        await self.reads(words)

    async def reads_no(self, *words: str) -> None:
        for one in words:
            await expect(self.main).not_to_contain_text(one)

    async def heading(self, name: str) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(name)

    async def text(self, body: str) -> str:
        """From their handset; the answer."""
        return await self.ground.parts.text(body, self.number, 60)

    async def next_text(self) -> str:
        """The next SMS that comes to their handset."""
        return (await self.ground.parts.smsc.next_text(self.number, 60)).body

    async def _go(self, what: Locator) -> None:
        if self.way.keys:
            await self._tab_to(what)  # which may lead to another place of the page
        async with self.page.expect_navigation(wait_until="load"):
            await self._operate(what)
        await self._look()

    async def _operate(self, what: Locator, key: str = "Enter") -> None:
        if self.way.keys:
            await self._tab_to(what)
            await self.page.keyboard.press(key)
        elif self.way.is_telephone:
            await what.tap()
        else:
            await what.click()

    async def _tab_to(self, what: Locator) -> None:
        """By Tab from where they are, past what is around the page by the link that is there for it."""
        await expect(what).to_be_visible()
        wanted = await what.element_handle()
        assert wanted is not None
        is_begin = await self.page.evaluate("document.activeElement === document.body")
        in_main = await wanted.evaluate("(one) => !!one.closest('main')")
        if is_begin and in_main:
            await self.page.keyboard.press("Tab")
            skip = self.page.get_by_role("link", name="Skip to the content")
            if await skip.evaluate("(one) => one === document.activeElement"):
                await self.page.keyboard.press("Enter")
        for _ in range(_MOST_TABS):
            if await wanted.evaluate("(one) => one === document.activeElement"):
                break
            await self.page.keyboard.press("Tab")
        await expect(what).to_be_focused()
        assert await wanted.evaluate(_SHOWN), f"the focus is not seen on {await what.inner_text()}"

    async def _look(self) -> None:
        told = await self.page.evaluate(_LOOKS)
        for _ in range(_MOST_LOOKS):  # a busy browser gives the focus a moment after the page is there
            if not told["lost"]:
                break
            await self.page.wait_for_timeout(_PAUSE)
            told = await self.page.evaluate(_LOOKS)
        where = f"{self.page.url} at {self.way.width} px"
        assert told["wider"] <= 0, f"{where} is wider than its window"
        assert told["headings"] == 1, where
        assert not told["lost"], f"{where}: {told['lost']}"


@asynccontextmanager
async def somebody(
    ground: Ground, way: Way, number: str, *, signed_in: bool = True, **options: Any
) -> AsyncIterator[Person]:
    """A person with a browser of their own. options: of the browser, beside those of the way."""
    given = {"storage_state": None, **way.options, **options}
    page = await ground.page(**given)
    if signed_in:
        await page.context.add_cookies([await ground.cookie(number)])
    yield Person(ground, page, way, number)
    await page.context.close()
