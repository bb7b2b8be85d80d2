"""The live page in a real browser, with real calls: it moves, keeps the focus, tells what it knows (W2)."""

import random

import pytest
from playwright.async_api import Locator, Page, Request, expect
from portal.ground import Ground

from workbench.demo.stage import GROUP, SUBSCRIBER
from workbench.parts.voice.switch import Refusal

pytestmark = pytest.mark.asyncio(loop_scope="module")
ALFA, BRAVO, CHARLIE = GROUP.values()


def row(page: Page, name: str) -> Locator:
    return page.locator("#people > li").filter(has=page.get_by_role("heading", name=name))


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def end(page: Page) -> None:
    await page.locator("#ending summary").click()
    await button(page, "End for everybody").click()


async def test_each_call_is_seen_as_it_goes_and_steered_without_a_reload(quiet: Ground, page: Page) -> None:
    switch = quiet.parts.switch
    await page.evaluate("window.same = true")
    await switch.put(
        quiet.parts.handset(ALFA, refusal=Refusal.BUSY), quiet.parts.handset(CHARLIE, ring=86_400.0)
    )
    await expect(page.locator("#conference")).to_contain_text("No conference is running")
    await quiet.launch()
    await expect(page.locator("#conference")).to_contain_text("Your conference is running.")
    await expect(row(page, "Alfa Jones")).to_contain_text("not in: the line is busy")
    await expect(row(page, "Bravo Jones")).to_contain_text("in the conference since")
    await expect(row(page, "Bravo Jones")).to_contain_text("speaks")
    await expect(row(page, "Charlie Jones")).to_contain_text("telephone is ringing since")
    await switch.answer(CHARLIE)
    await expect(row(page, "Charlie Jones")).to_contain_text("in the conference")

    await button(page, "Mute Bravo Jones").click()
    await expect(row(page, "Bravo Jones")).to_contain_text("in the conference, muted")
    await expect(row(page, "Bravo Jones")).not_to_contain_text("speaks")
    await button(page, "Unmute Bravo Jones").click()
    await expect(row(page, "Bravo Jones")).not_to_contain_text("muted")

    await button(page, "Drop Charlie Jones").click()
    await expect(row(page, "Charlie Jones")).to_contain_text("has left")
    await switch.put(quiet.parts.handset(ALFA))
    await button(page, "Call Alfa Jones again").click()
    await expect(row(page, "Alfa Jones")).to_contain_text("in the conference")
    await switch.put(quiet.parts.handset(CHARLIE))
    await page.get_by_label("Add somebody").fill("charlie")
    await button(page, "Call them into the conference").click()
    await expect(row(page, "Charlie Jones")).to_contain_text("in the conference")
    await expect(page.get_by_label("Add somebody")).to_have_value("")
    assert await quiet.until_same(page)
    assert await page.evaluate("window.same")


async def test_what_is_done_with_all_is_seen_without_a_reload(quiet: Ground, page: Page) -> None:
    await page.evaluate("window.same = true")
    await quiet.launch()
    await quiet.all_in()
    says = page.locator("#conference .says")
    await button(page, "Lock: nobody comes in who was not called").click()
    await expect(says).to_contain_text("It is locked")
    await button(page, "Record the conference").click()
    await expect(says).to_contain_text("It is being recorded.")
    await button(page, "Stop recording").click()
    await expect(says).not_to_contain_text("recorded")
    await button(page, "Mute all but you").click()
    await expect(says).to_contain_text("All but you are muted.")
    assert await quiet.until_same(page)
    await end(page)
    await expect(page.locator("#conference")).to_contain_text("Your conference has ended.")
    await expect(page.locator("#add")).to_be_hidden()
    assert await page.evaluate("window.same")


async def test_what_cannot_be_done_is_said_and_what_was_typed_stays(quiet: Ground, page: Page) -> None:
    await quiet.launch()
    await quiet.all_in()
    who = page.get_by_label("Add somebody")
    for typed, said in (
        ("nobody-known", "Not known: nobody-known"),
        ("alfa", "All of them are in the conference already"),
    ):
        await who.fill(typed)
        await who.press("Enter")
        await expect(page.locator("#messages")).to_contain_text(said)
    await expect(who).to_have_value("")


async def test_the_page_says_what_usnd_says_whoever_comes_and_goes(quiet: Ground, page: Page) -> None:
    await page.evaluate("window.same = true")
    await quiet.launch()
    await quiet.all_in()
    chance, switch = random.Random(7), quiet.parts.switch
    nicks = {number: nick for nick, number in GROUP.items()}
    for _ in range(35):
        for number in chance.sample([*nicks], 3):
            if await switch.state(number) == "Up":
                await switch.hang_up(number)
            else:
                await quiet.add(nicks[number])
        assert await quiet.until_same(page)
    assert await page.evaluate("window.same")


async def test_the_focus_stays_where_it_is_whatever_changes_and_goes_to_whose_button_is_gone(
    quiet: Ground, page: Page
) -> None:
    await quiet.launch()
    await quiet.all_in()
    await page.locator("#ending summary").click()
    await button(page, "Drop Alfa Jones").focus()
    await quiet.parts.switch.hang_up(BRAVO)
    await expect(row(page, "Bravo Jones")).to_contain_text("has left")
    await expect(button(page, "Drop Alfa Jones")).to_be_focused()
    await quiet.mute("alfa", on=True)
    await expect(row(page, "Alfa Jones")).not_to_contain_text("speaks")
    await quiet.mute("alfa", on=False)
    await expect(row(page, "Alfa Jones")).to_contain_text("speaks")
    await expect(button(page, "Drop Alfa Jones")).to_be_focused()
    await expect(button(page, "End for everybody")).to_be_visible()
    await page.get_by_label("Add somebody").fill("bra")
    await button(page, "Drop Alfa Jones").focus()
    await quiet.parts.switch.hang_up(ALFA)
    await expect(row(page, "Alfa Jones")).to_be_focused()
    await expect(page.get_by_label("Add somebody")).to_have_value("bra")


async def test_a_screen_reader_is_told_what_changed_in_one_go(quiet: Ground, page: Page) -> None:
    await quiet.launch()
    await quiet.all_in()
    news = page.locator("#news")
    await expect(news).to_contain_text("Charlie Jones: in the conference")
    for number in (ALFA, BRAVO):
        await quiet.parts.switch.hang_up(number)
    await expect(news).to_contain_text("Bravo Jones: has left")
    assert await news.get_attribute("aria-live") == "polite"
    assert "speaks" not in await news.inner_text(), "who speaks would drown all else"


async def test_a_page_that_is_not_connected_says_so_and_is_right_when_it_is_again(
    quiet: Ground, page: Page
) -> None:
    await quiet.launch()
    await quiet.all_in()
    await quiet.front.site.stop()
    await expect(page.locator("#link")).to_contain_text("Not connected")
    await quiet.parts.switch.hang_up(ALFA)
    await quiet.front.start_site()
    await expect(page.locator("#link")).to_have_text("This page moves by itself.")
    await expect(row(page, "Alfa Jones")).to_contain_text("has left")
    quiet.parts.usn.process.kill()
    await expect(page.locator("#link")).to_contain_text("Not connected")
    await quiet.parts.switch.hang_up(BRAVO)
    await quiet.parts.usn.start_daemon()
    await expect(row(page, "Bravo Jones")).to_contain_text("has left")
    await expect(page.locator("#link")).to_have_class("link live")
    assert await quiet.until_same(page)


async def test_tabs_share_one_stream_and_the_next_one_takes_it_over(quiet: Ground, page: Page) -> None:
    streams = list[str]()

    def note(which: str, request: Request) -> None:
        if "/live/stream" in request.url:
            streams.append(which)

    second = await quiet.page(page.context)
    second.on("request", lambda request: note("second", request))
    await quiet.launch()
    await quiet.all_in()
    await second.goto("/live")
    await expect(second.locator("#link")).to_have_class("link live")
    await quiet.parts.switch.hang_up(ALFA)
    for tab in (page, second):
        await expect(row(tab, "Alfa Jones")).to_contain_text("has left")
    assert streams == [], "the first has the stream"
    await page.close()
    await quiet.parts.switch.hang_up(BRAVO)
    await expect(row(second, "Bravo Jones")).to_contain_text("has left")
    assert streams == ["second"]


async def test_a_tab_that_hears_nothing_takes_the_stream_from_one_that_sleeps(
    quiet: Ground, page: Page
) -> None:
    """The first is as one that sleeps: for the second 20 s have passed without a word from it."""
    second = await quiet.page(page.context)
    await second.clock.install()
    await second.goto("/live")
    await expect(second.locator("#link")).to_have_class("link live")
    async with second.expect_request("**/live/stream"):
        await second.clock.fast_forward(20_000)
    await quiet.launch()
    await quiet.all_in()
    await quiet.parts.switch.hang_up(ALFA)
    for tab in (page, second):
        await expect(row(tab, "Alfa Jones")).to_contain_text("has left")
        await expect(tab.locator("#link")).to_have_class("link live")


async def test_without_script_forms_and_a_link_do(quiet: Ground) -> None:
    page = await quiet.page(java_script_enabled=False)
    await page.goto("/")
    await quiet.launch()
    await quiet.all_in()
    await page.reload()
    await page.get_by_role("link", name="Who is in it, and what you can do there").click()
    await expect(row(page, "Alfa Jones")).to_contain_text("in the conference")
    await button(page, "Mute Alfa Jones").click()
    await expect(page.locator("#messages")).to_contain_text("It is done.")
    await expect(row(page, "Alfa Jones")).to_contain_text("muted")
    await button(page, "Drop Bravo Jones").click()
    await page.get_by_role("link", name="Show how it is now").click()
    await expect(row(page, "Bravo Jones")).to_contain_text("has left")
    await page.get_by_label("Add somebody").fill("nobody-known")
    await page.get_by_label("Add somebody").press("Enter")
    await expect(page.locator("#messages")).to_contain_text("Not known: nobody-known")
    await expect(page.get_by_label("Add somebody")).to_have_value("nobody-known")
    await end(page)
    await expect(page.locator("#messages")).to_contain_text("It is done.")
    await page.context.close()


async def test_on_a_small_telephone_all_of_it_fits(quiet: Ground) -> None:
    page = await quiet.page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    await page.goto("/live")
    await quiet.launch()
    await quiet.all_in()
    await expect(row(page, "Charlie Jones")).to_contain_text("in the conference")
    await page.locator("#ending summary").tap()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    sizes = await page.evaluate("[...document.querySelectorAll('button')].map((one) => one.offsetHeight)")
    assert min(size for size in sizes if size) >= 44
    await button(page, "Mute Charlie Jones").tap()
    await expect(row(page, "Charlie Jones")).to_contain_text("muted")
    await page.context.close()


async def test_by_keyboard_alone(quiet: Ground, page: Page) -> None:
    await quiet.launch()
    await quiet.all_in()

    async def tab_to(name: str) -> None:
        for _ in range(60):
            await page.keyboard.press("Tab")
            focused = await page.evaluate(
                "(document.activeElement.ariaLabel || document.activeElement.textContent).trim()"
            )
            if focused == name:
                return
        raise AssertionError(name)

    await tab_to("Mute Alfa Jones")
    await page.keyboard.press("Enter")
    await expect(row(page, "Alfa Jones")).to_contain_text("muted")
    await expect(button(page, "Unmute Alfa Jones")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(row(page, "Alfa Jones")).not_to_contain_text("muted")
    await page.locator("#main").evaluate("(main) => { main.tabIndex = -1; main.focus(); }")
    await tab_to("End the conference")
    await page.keyboard.press("Enter")
    await tab_to("End for everybody")
    await page.keyboard.press("Enter")
    await expect(page.locator("#conference")).to_contain_text("has ended")


async def test_a_page_whose_session_ended_elsewhere_says_so(quiet: Ground, page: Page) -> None:
    other = await quiet.page(page.context)
    await other.goto("/")
    await button(other, "Sign out").click()
    await expect(page.locator("#signed-out")).to_be_visible()
    await expect(page.locator("#link")).to_have_text("You are signed out.")
    await quiet.sign_in()


async def test_the_number_is_theirs(quiet: Ground, page: Page) -> None:
    await quiet.launch()
    await expect(row(page, "You")).to_contain_text(SUBSCRIBER)
