"""What subscribers do at the portal: by pointer, telephone, without script, by keyboard alone (W1, W3)."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect
from portal.ground import Ground
from portal.node import CHOSEN, FIRST
from portal.person import Person, Way, somebody

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEW = "a long walk by the sea"
CONTACTS = (
    "Nick,First name,Last name,Number,Groups\nzoe,Zoë,Smith,+447700900003,Tennis\n"
    "bob,Bob,,+447700900005,\nnobody,Nobody,,12,\n"
).encode()


@pytest_asyncio.fixture(loop_scope="module")
async def ann(quiet: Ground, way: Way) -> AsyncIterator[Person]:
    """Signed in."""
    async with somebody(quiet, way, await quiet.subscriber()) as person:
        yield person


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(quiet: Ground, way: Way) -> AsyncIterator[Person]:
    """Was given a first password."""
    async with somebody(quiet, way, await quiet.subscriber(chosen=False), signed_in=False) as person:
        yield person


async def sign_in(person: Person, password: str) -> None:
    await person.write("Your telephone number", person.number)
    await person.write("Password", password)
    await person.press("Sign in")


async def choose(person: Person, password: str, again: str = "") -> None:
    await person.write("New password", password)
    await person.write("The same once more", again or password)
    await person.press("Choose it")


async def test_who_comes_first_chooses_a_password_and_comes_again_by_it(stranger: Person) -> None:
    await stranger.open("/")
    await stranger.heading("Sign in")
    await sign_in(stranger, "not what they were given")
    await stranger.told("Number and password do not belong together")
    await expect(stranger.page).to_have_title(re.compile("^Problem: Sign in"))
    await sign_in(stranger, FIRST)
    await stranger.heading("Choose a password")
    await choose(stranger, "short")
    await stranger.told("Choose at least 10 characters")
    await choose(stranger, NEW, "something else")
    await stranger.told("This is not the same as above")
    await choose(stranger, NEW)
    await stranger.heading("Home")
    assert "password" in await stranger.next_text()
    await stranger.press("Sign out")
    await stranger.told("You are signed out")
    await sign_in(stranger, NEW)
    await stranger.heading("Home")


async def test_what_is_wrong_leads_to_its_field(stranger: Person) -> None:
    await stranger.open("/sign-in")
    await stranger.press("Sign in")
    await stranger.told("Write your telephone number", "Write your password")
    await stranger.leap("Write your password.")
    await expect(stranger.main.get_by_label("Password", exact=True)).to_be_focused()


async def test_a_forgotten_password_is_chosen_anew_by_a_code(ann: Person) -> None:
    await ann.open("/")
    await ann.press("Sign out")
    await ann.follow("I have no password, or have forgotten it")
    await ann.write("Your telephone number", ann.number)
    await ann.press("Send the code")
    await ann.heading("Write the code")
    code = (await ann.next_text()).split()[0]
    await ann.write("The code from the SMS", f"{(int(code) + 1) % 1_000_000:06}")
    await ann.press("Go on")
    await ann.told("This is not the code")
    await ann.write("The code from the SMS", code)
    await ann.press("Go on")
    await choose(ann, NEW)
    await ann.heading("Home")


async def test_users_are_added_changed_deleted_and_brought_back(ann: Person) -> None:
    await ann.open("/users")
    await ann.reads("You have no users yet.")
    await ann.follow("Add a user")
    await ann.write("Nick", "bob")
    await ann.write("Telephone number", "12")
    await ann.press("Save")
    await ann.told("is not a phone number")
    await ann.write("Telephone number", "+447700900005")
    await ann.write("First name", "Bob")
    await ann.press("Save")
    await ann.told("It is saved.")
    assert "+447700900005" in await ann.text("UL bob")
    await ann.text("UC dora +447700900006 Dora.Smith")
    await ann.open("/users")
    await ann.follow("dora")
    await ann.write("Last name", "Jones")
    await ann.press("Save")
    assert "Dora Jones" in await ann.text("UL dora")
    await ann.open("/users")
    await ann.tick("Choose bob")
    await ann.press("Delete the chosen ones")
    await ann.told("One entry is deleted.")
    assert "bob" not in (await ann.text("UL dora"))
    await ann.press("Undo the deletion")
    await ann.told("One entry is back.")
    assert "+447700900005" in await ann.text("UL bob")


async def test_users_are_looked_for_sorted_and_leafed_through(ann: Person) -> None:
    ann.ground.fill(ann.number, 60)
    await ann.open("/users")
    await ann.reads("1 to 25 of 60")
    await ann.follow("Next page")
    await ann.reads("26 to 50 of 60", "user026")
    await ann.follow("Page before")
    await ann.follow("Number")
    await ann.reads("1 to 25 of 60", "user060")
    await ann.write("Nick, name or number", "user03")
    await ann.press("Search")
    await ann.reads("1 to 10 of 10", "user030")
    await ann.tick("Choose user030")
    await ann.tick("Choose user031")
    await ann.write("Group: one of yours, or a new name", "Thirties")
    await ann.press("Put into the group")
    await ann.told("2 users came into the group.")
    assert "user031" in await ann.text("GL Thirties")
    await ann.press("Take them out again")
    await ann.told("2 users are out of the group again.")


async def test_groups_are_made_changed_deleted_and_brought_back(ann: Person) -> None:
    ann.ground.fill(ann.number, 3)
    await ann.open("/groups")
    await ann.follow("Add a group")
    await ann.write("Name of the group", "Team")
    await ann.tick("user001")
    await ann.tick("user002")
    await ann.press("Save")
    await ann.told("It is saved.")
    assert "user002" in await ann.text("GL Team")
    await ann.text("GC Other user003")
    await ann.open("/groups")
    await ann.follow("Team")
    await ann.tick("user001")
    await ann.tick("Other")
    await ann.write("Other telephone numbers", "+447700900007")
    await ann.press("Save")
    told = await ann.text("GL Team")
    assert "Other" in told
    assert "+447700900007" in told
    assert "user001" not in told
    await ann.tick("Choose Team")
    await ann.press("Delete the chosen ones")
    await ann.press("Undo the deletion")
    await ann.told("One entry is back.")
    assert await ann.text("GL Team") == told


async def test_contacts_come_from_a_file_are_looked_at_taken_back_and_kept(ann: Person) -> None:
    await ann.text("UC bob +447700900009")
    await ann.open("/users")
    await ann.follow("Import and export")
    await ann.pick("File: vCard (.vcf) or CSV", "contacts.csv", CONTACTS)
    await ann.press("Look at it")
    await ann.heading("What the import would do")
    await ann.reads("One contact would be added.", "One contact is not possible.", "is now: +447700900009")
    await ann.press("Import now")
    await ann.until_worked_off()
    await ann.reads("One user was added.", "One user was changed.")
    assert "+447700900005" in await ann.text("UL bob")
    await ann.press("Undo the import")
    await ann.until_worked_off()
    await ann.heading("The import is undone")
    assert "+447700900009" in await ann.text("UL bob")
    await ann.press("Import another file")
    kept = await ann.keep("As a table (CSV)")
    assert "+447700900009" in (await kept.path()).read_text()


async def test_settings_are_saved_and_the_next_page_and_text_follow_them(ann: Person) -> None:
    await ann.open("/settings")
    await ann.write("Time zone", "Middle/Earth")
    await ann.choose("Everybody who is called must press 1 to join", "yes")
    await ann.press("Save")
    await ann.told("There is no time zone of that name")
    await ann.write("Time zone", "Europe/Berlin")
    await ann.press("Save")
    await ann.told("It is saved.")
    await expect(ann.main.get_by_label("Everybody who is called must press 1 to join")).to_have_value("true")
    await ann.choose("Language of these pages, of texts and announcements", "Deutsch")
    await ann.press("Save")
    await ann.told("Es ist gespeichert.")
    await expect(ann.page.locator("html")).to_have_attribute("lang", "de")
    stored = ann.ground.sql(
        f"SELECT language, time_zone, press_one FROM subscribers WHERE number = '{ann.number}'"
    )
    assert stored == [("de", "Europe/Berlin", True)]


async def test_help_is_read_and_its_card_fits_on_a_sheet(ann: Person) -> None:
    await ann.open("/")
    await ann.follow("Help")
    await ann.reads("What are the two PINs?")
    await ann.follow("Card of all texts and keys, to be printed")
    await ann.page.emulate_media(media="print")
    await expect(ann.page.get_by_role("navigation")).to_be_hidden()
    await expect(ann.button("Sign out")).to_be_hidden()
    printed = await ann.page.pdf(format="A4")
    assert printed.count(b"/Type /Page\n") == 1
    await ann.page.emulate_media(media="screen")
    await ann.follow("Back to the questions")


async def test_all_devices_are_signed_out_at_once(ann: Person) -> None:
    async with somebody(ann.ground, ann.way, ann.number) as elsewhere:
        await elsewhere.open("/users")
        await ann.open("/security")
        await ann.press("Sign out everywhere")
        await ann.told("You are signed out")
        await elsewhere.follow("Add a user")
        await elsewhere.told("You are signed out")
    await sign_in(ann, CHOSEN)
    await ann.heading("Home")


async def test_what_another_tab_saved_meanwhile_is_never_overwritten_unseen(ann: Person) -> None:
    await ann.text("UC bob +447700900005")
    await ann.text("GC Team bob")
    async with somebody(ann.ground, ann.way, ann.number) as other:
        await ann.open("/user/bob")
        await other.open("/user/bob")
        await other.write("First name", "Robert")
        await other.press("Save")
        await ann.write("First name", "Bobby")
        await ann.press("Save")
        await ann.told("This was changed meanwhile", "Robert")
        assert "Robert" in await ann.text("UL bob")
        await ann.press("Save mine all the same")
        assert "Bobby" in await ann.text("UL bob")
        for path in ("/group/Team", "/conferences/1/members"):
            await ann.open(path)
            await other.open(path)
            await other.write("Other telephone numbers", "+447700900006")
            await other.press("Save")
            await ann.write("Other telephone numbers", "+447700900007")
            await ann.press("Save")
            await ann.told("This was changed meanwhile")
            await ann.reads("+447700900006")
            await ann.press("Save mine all the same")
            await ann.told("It is saved.")
        told = await ann.text("GL Team")
        assert "+447700900006" in told
        assert "+447700900007" in told
        await ann.open("/settings")
        await other.open("/settings")
        await other.write("Mail address", "ann@example.com")
        await other.press("Save")
        await ann.write("Mail address", "bob@example.com")
        await ann.press("Save")
        await ann.told("This was changed meanwhile")
        await other.open("/settings")
        await expect(other.main.get_by_label("Mail address")).to_have_value("ann@example.com")


async def test_a_form_that_comes_after_the_session_is_kept_through_the_sign_in(ann: Person) -> None:
    await ann.open("/users/new")
    await ann.write("Nick", "bob")
    await ann.write("Telephone number", "+447700900005")
    ann.ground.sql(
        "DELETE FROM portal_sessions WHERE subscriber_id ="
        f" (SELECT id FROM subscribers WHERE number = '{ann.number}')"
    )
    await ann.press("Save")
    await ann.told("What you wrote is kept")
    await sign_in(ann, "not it")
    await ann.told("do not belong together")
    await sign_in(ann, CHOSEN)
    await ann.told("You are signed in.")
    await ann.press("Send it now")
    await ann.told("It is saved.")
    assert "+447700900005" in await ann.text("UL bob")
