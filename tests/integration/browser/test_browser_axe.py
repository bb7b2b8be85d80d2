"""All pages of the portal under axe-core: each language, light and dark, wide and on a telephone (W2)."""

from collections.abc import AsyncIterator
from itertools import product
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Page, ViewportSize, expect
from portal.ground import Ground

from usnd.web.portal.routes import ROUTES
from usnd.web.portal.visitor import Access
from workbench.demo.stage import GROUP_NAME, SUBSCRIBER
from workbench.parts.node_js import axe

pytestmark = pytest.mark.asyncio(loop_scope="module")
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WINDOWS = (ViewportSize(width=1100, height=800), ViewportSize(width=360, height=740))
LOCALES = {"en": "en-GB", "de": "de-DE"}
FILES = ("/users/export", ".csv", "/file", "/<part:part>")
"""How addresses end that give no page."""
PAGES = [route for route in ROUTES if route.method == "GET" and not route.path.endswith(FILES)]
NAMED = {
    "/group/<name>": f"/group/{GROUP_NAME}",
    "<name>": "alfa",
    "<number:instant>": "1",
    "<conference:count>": "1",
}
COLOURS = ["color-contrast", "color-contrast-enhanced", "link-in-text-block"]
"""The rules that a dark page may break where the light one does not."""
CHECK = """async (colours) => {
  const all = Object.fromEntries(axe.getRules().map((rule) => [rule.ruleId, { enabled: true }]));
  const asked = colours ? { runOnly: colours } : { rules: all };
  const found = await axe.run({ resultTypes: ["violations"], ...asked });
  const wide = document.documentElement.scrollWidth > innerWidth ? ["wider than its window"] : [];
  return { rules: found.passes.length, lang: document.documentElement.lang, faults: [...wide,
    ...found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`)] };
}"""
"""By all rules that axe-core has, those for the strictest level and those that are new to it too."""


def path_of(path: str) -> str:
    for named, value in NAMED.items():
        path = path.replace(named, value)
    return path


async def faults_of(page: Page, language: str) -> list[str]:
    """Of the page that is open, in all its looks."""
    found = list[str]()
    for scheme, window in product(SCHEMES, WINDOWS):
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size(window)
        told: dict[str, Any] = await page.evaluate(CHECK, COLOURS if scheme == "dark" else None)
        assert told["rules"], "axe-core has seen nothing"
        assert told["lang"] == language
        found += [f"{page.url} {scheme} {window['width']} px: {fault}" for fault in told["faults"]]
    return found


async def faults_at(page: Page, access: set[Access], language: str) -> list[str]:
    """Of all pages with that access."""
    found = list[str]()
    for path in [path_of(route.path) for route in PAGES if route.access in access]:
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.url.endswith(path), "it leads elsewhere"
        found += await faults_of(page, language)
    return found


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name).click()


async def choose_language(page: Page, code: str) -> None:
    await page.goto("/settings")
    await page.locator("#language").select_option(code)
    await page.locator("main button").click()
    await page.get_by_role("status").wait_for()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def past(ground: Ground) -> AsyncIterator[Ground]:
    """One conference has been, with a recording, and one runs."""
    await ground.launch()
    await ground.all_in()
    page = await ground.page()
    await page.goto("/live")
    await press(page, "Record the conference")
    await press(page, "Stop recording")
    await expect(page.locator("#conference .says")).not_to_contain_text("recorded")
    await page.context.close()
    await ground.calm()
    await ground.launch()
    await ground.all_in()
    yield ground
    await ground.calm()
    assert ground.complaints == []


@pytest.mark.parametrize("language", LOCALES)
async def test_no_page_has_a_fault(past: Ground, language: str) -> None:
    page = await past.page()
    await page.context.add_init_script(axe())
    await choose_language(page, language)
    found = await faults_at(page, {Access.SIGNED_IN}, language)
    await page.goto("/conferences")
    await page.locator("form[action*='/pins'] button").click()
    await page.locator("#activation-1").wait_for()
    assert found + await faults_of(page, language) == []
    await page.context.close()


@pytest.mark.parametrize("language", LOCALES)
async def test_no_page_before_signing_in_has_a_fault(past: Ground, language: str) -> None:
    page = await past.page(locale=LOCALES[language], storage_state=None)
    await page.context.add_init_script(axe())
    found = await faults_at(page, {Access.ANYBODY}, language)
    await page.goto("/sign-in")
    await page.locator("main button").click()
    await page.get_by_role("alert").wait_for()
    assert found + await faults_of(page, language) == []
    await page.context.close()


async def test_the_choice_of_a_password_has_no_fault(past: Ground) -> None:
    """It is behind a code that comes as SMS."""
    page = await past.page(storage_state=None)
    await page.context.add_init_script(axe())
    await page.goto("/forgotten")
    await page.get_by_role("main").get_by_role("textbox").fill(SUBSCRIBER)
    await page.locator("main button").click()
    code = ""
    while not code.isdecimal():
        code = (await past.parts.smsc.next_text(SUBSCRIBER, 20)).body.split()[0]
    await page.locator("#code").fill(code)
    await page.locator("main button").click()
    await page.wait_for_url("**/password")
    other = await past.page()
    for language in LOCALES:
        await choose_language(other, language)
        assert await faults_at(page, {Access.CHOOSING}, language) == []
    await other.context.close()
    await page.context.close()
