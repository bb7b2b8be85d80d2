"""One press in the portal and the telephones ring: nginx, site, usnd, Asterisk and handsets (W1)."""

import asyncio

from portal.browser import Browser

from workbench.demo.portal import PASSWORD, furnish, portal_stage
from workbench.demo.stage import GROUP, SUBSCRIBER


async def test_an_instant_conference_is_launched_by_one_press_and_by_two_once() -> None:
    async with portal_stage() as (parts, front):
        await furnish(parts)
        browser = Browser(front.port, front.server_ca)

        def press() -> str:
            browser.get("/sign-in")
            home = browser.follow(browser.send("/sign-in", number=SUBSCRIBER, password=PASSWORD))
            assert home.title == "Home"
            page = browser.get("/conferences")
            assert "3 people: Mkting" in page.text
            assert "52281" in page.text
            fields = page.forms["/conferences/1/launch"].fields
            told = browser.follow(browser.post("/conferences/1/launch", fields))
            browser.post("/conferences/1/launch", fields)
            return told.text

        told = await asyncio.to_thread(press)
        assert "Conference 1 is launched" in told
        assert await parts.until_heard([SUBSCRIBER, *GROUP.values()])
        again = await asyncio.to_thread(browser.get, "/conferences")
        fields = again.forms["/conferences/1/launch"].fields
        running = await asyncio.to_thread(browser.post, "/conferences/1/launch", fields)
        assert running.status == 409
        assert "Your conference is still running." in running.text
        listed = parts.usn.command("conference", "list", "--json")
        assert len(listed.splitlines()) == 1
