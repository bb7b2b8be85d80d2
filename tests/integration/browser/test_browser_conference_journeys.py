"""Conferences at the portal, in each way to operate it: made, launched, looked at, gone by (W1, W2)."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect
from portal.ground import Ground
from portal.person import Person, Way, somebody

from workbench.demo.stage import GROUP, SUBSCRIBER

pytestmark = pytest.mark.asyncio(loop_scope="module")
BRAVO = GROUP["bravo"]


def over(person: Person) -> str:
    """What the page says when a conference has ended; who asks again is not told of it any more."""
    return "Your conference has ended." if person.way.script else "No conference is running"


@pytest_asyncio.fixture(loop_scope="module")
async def ann(quiet: Ground, way: Way) -> AsyncIterator[Person]:
    """Signed in, with users whose telephones ring."""
    number = await quiet.subscriber()
    async with somebody(quiet, way, number) as person:
        for nick, phone in GROUP.items():
            await person.text(f"UC {nick} {phone} {nick.title()}.Jones")
        yield person


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def been(ground: Ground) -> Ground:
    """The subscriber of the stage had a conference, with a recording."""
    await ground.launch()
    await ground.all_in()
    async with somebody(ground, Way(), SUBSCRIBER) as person:
        await person.open("/live")
        await person.do("Record the conference")
        await person.reads("It is being recorded.")
        await person.do("Stop recording")
        await person.reads_no("It is being recorded.")
    await ground.calm()
    return ground


@pytest_asyncio.fixture(loop_scope="module")
async def had(been: Ground, way: Way) -> AsyncIterator[Person]:
    """Who had it, signed in."""
    async with somebody(been, way, SUBSCRIBER) as person:
        yield person
    assert been.complaints == []


async def test_an_instant_conference_is_made_of_users_groups_and_numbers(ann: Person) -> None:
    await ann.text("GC Team bravo charlie")
    await ann.open("/conferences")
    await ann.reads("You have no instant conferences yet.")
    await ann.follow("Add an instant conference")
    await ann.heading("Who is in conference 1")
    await ann.press("Save")
    await ann.told("Whom to call is missing.")
    await ann.tick("alfa")
    await ann.tick("Team")
    await ann.write("Other telephone numbers", "+447700900008")
    await ann.press("Save")
    await ann.told("It is saved.")
    await ann.reads("4 people: alfa, Team, +447700900008")
    told = await ann.text("LC1")
    assert "Team" in told
    assert "+447700900008" in told
    await ann.text("CC1 alfa")
    await ann.text("CC2 Team")
    await ann.open("/conferences")
    await ann.reads("One person: alfa", "2 people: Team")
    await ann.follow("Change who is in conference 2")
    await ann.press("Delete conference 2")
    await ann.told("One entry is deleted.")
    await ann.reads_no("Conference 2")


async def test_pins_are_shown_when_asked_for_made_anew_and_sent_by_sms(ann: Person) -> None:
    await ann.text("CC1 alfa")
    await ann.open("/conferences")
    await ann.reads_no("Activation PIN")
    await ann.press("Show the PINs of conference 1")
    pin = ann.page.locator("#user-1")
    first = await pin.inner_text()
    await ann.follow("Make new PINs for conference 1")
    await ann.press("Make new PINs")
    await ann.told("Conference 1 has new PINs.")
    await ann.press("Show the PINs of conference 1")
    second = await pin.inner_text()
    assert first != second
    await ann.write("Send the User PIN of conference 1 as SMS to a nick or number", "nobody")
    await ann.press("Send")
    await ann.told("nobody is not a phone number.")
    await ann.press("Show the PINs of conference 1")
    await ann.write("Send the User PIN of conference 1 as SMS to a nick or number", "bravo")
    await ann.press("Send")
    await ann.told("The User PIN is sent to one number.")
    assert second in (await ann.ground.parts.smsc.next_text(BRAVO, 60)).body
    await ann.reads_no("Activation PIN")


async def test_one_press_launches_and_the_live_page_shows_who_comes_in(ann: Person) -> None:
    await ann.text("CC1 alfa bravo")
    await ann.open("/conferences")
    await ann.press("Launch conference 1")
    await ann.told("Conference 1 is launched: your telephone rings now, and those of the others.")
    await ann.ground.all_in({ann.number, GROUP["alfa"], GROUP["bravo"]})
    await ann.follow("Look who comes in")
    await ann.reads("Alfa Jones", "in the conference")
    await ann.do("Mute Alfa Jones")
    await ann.reads("in the conference, muted")
    await ann.do("Unmute Alfa Jones")
    await ann.reads_no("in the conference, muted")
    await ann.write("Add somebody: a nick, a group or a number", "charlie")
    await ann.do("Call them into the conference")
    await ann.now("Charlie Jones")
    await ann.unfold("End the conference")
    await ann.do("End for everybody")
    await ann.now(over(ann))
    await ann.follow("History")
    await ann.reads("Conference 1")


async def test_what_a_text_launches_shows_in_the_page_that_is_open(ann: Person) -> None:
    await ann.open("/live")
    await ann.reads("No conference is running")
    await ann.text("IC alfa")
    await ann.now("Alfa Jones")
    await ann.ground.calm()
    await ann.now(over(ann))
    await ann.open("/texts")
    await ann.reads("Your texts, newest first")


async def test_what_was_is_read_and_its_recording_heard_in_pieces_and_kept(had: Person) -> None:
    await had.open("/")
    await had.follow("History")
    await had.follow_first()
    await had.reads("What happened, in order", "Alfa Jones", "Came in")
    async with had.page.expect_response("**/recordings/*/1") as given:
        await had.listen()
    heard = await given.value
    assert heard.status == 206
    assert (await heard.all_headers())["content-range"].startswith("bytes 0-")
    kept = await had.keep("Download: Part 1")
    assert (await kept.path()).read_bytes().startswith(b"RIFF")


async def test_the_time_in_calls_is_drawn_listed_and_kept_as_a_file(had: Person) -> None:
    await had.open("/")
    await had.follow("Usage")
    await had.reads("in all.")
    await expect(had.main.get_by_role("img").first).to_be_visible()
    for chart, column in (
        ("Time in calls by day", "Day"),
        ("Time in calls by contact", "Contact"),
        ("Time in calls by conference", "Launched"),
    ):
        kept = await had.keep(f"{chart}: file for a spreadsheet")
        assert column in (await kept.path()).read_text(encoding="utf-8-sig").splitlines()[0]
    await had.follow("Calls")
    kept = await had.keep("Your calls, newest first: file for a spreadsheet")
    assert '"alfa"' in (await kept.path()).read_text(encoding="utf-8-sig")
