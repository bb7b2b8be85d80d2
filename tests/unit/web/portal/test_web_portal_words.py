"""Each text of the portal is marked, translated whole, and stands on its page, in each direction."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from portal.live_pictures import BOB, EVE, ME, RUNNING

from usnd.domain.conference.call import CallState
from usnd.domain.contacts.plan import Doing, Entry
from usnd.domain.directory.model import User
from usnd.domain.portal.imports import WORKING, Counts, ImportState
from usnd.store.portal.imports import Import
from usnd.web.portal.carried import Carried
from usnd.web.portal.forms import Field, Form
from usnd.web.portal.kept_form import KeptForm
from usnd.web.portal.live.rows import head_of, row_of
from usnd.web.portal.navigation import PLACES
from usnd.web.portal.pages.contacts.imports import KINDS, Row
from usnd.web.portal.pages.forgotten import ASKING, CODE
from usnd.web.portal.pages.members import Target, Wish
from usnd.web.portal.pages.own.help import COMMANDS, KEYS
from usnd.web.portal.pages.own.settings import FORM as SETTINGS
from usnd.web.portal.pages.own.settings import LABELS
from usnd.web.portal.pages.own.videos import Shown
from usnd.web.portal.pages.past import calls, history, texts
from usnd.web.portal.pages.past import usage as use_pages
from usnd.web.portal.pages.past.recordings import SoundRow
from usnd.web.portal.pages.sign_in import CHOICE, SIGN_IN
from usnd.web.portal.pages.users import KNOWN, NEW
from usnd.web.portal.rendering import Pages, Static
from usnd.web.portal.reports.charts import Bar, columns, lines
from usnd.web.portal.reports.outcomes import ENDED, LAUNCHED
from usnd.web.portal.words import DOMAIN, ENGLISH, LANGUAGES, N_, PSEUDO, Languages, Words
from workbench.docs.portal_words import PORTAL, marked, text_of, translated

ALL = Languages(pseudo=True)
PAGES = Pages(Static())
FILL = re.compile(r"%\((\w+)\)s")
OUTSIDE: Mapping[str, object] = {
    "form_token": "T",
    "of": "1",
    "inside": True,
    "choosing": False,
    "path": "/",
}
KEPT = Carried(KeptForm("/1", {"of": "1"}))
ROW = SimpleNamespace(
    number=3,
    count=2,
    members=("bob", "<b>"),
    way={"dnis": "52273", "activation": "1234567", "user": "7654321"},
    press="p",
)
USER = User("bob", "+447700900001", "<b>", "'\"")
TOLD = dict.fromkeys(("saved", "deleted", "kept", "undo", "back", "taken", "joined", "left", "parted"), 2)
MEMBERS: dict[str, object] = {
    "members": [("bob", "<b>")],
    "there": True,
    "users": [USER],
    "more": True,
    "groups": ["<b>"],
    "sought": "<b>",
    "wish": Wish(("bob",), ("bob",), "<b>", "<b>"),
    "was": "v",
    "stale": False,
    "trouble": "",
    "most": 10,
    "first": 1,
    "last": 1,
    "count": 2,
    "before": "/c",
    "behind": "/c",
}
BAR = Bar("<b>", 60, "1:00")
SOUND = SoundRow(7, 1, "2026-03-01 13:05", "1:00", "0.9", is_here=True, is_removed=False)
AGAIN = {"rest": "/r", "newest": "/n", "zone": "UTC"}
DAYS = {"days": {"from": "2026-03-01", "to": "2026-03-31"}, "cut": True}
USED = use_pages.Row("<b>", "<b>!", 60, 2)
PAST: dict[str, Mapping[str, object]] = {
    "history.html": {
        "rows": [history.Row(7, "2026-03-01 13:05", 3, ("bob", "<b>"), 3, 2, "1:00")],
        "asked": {"q": "<b>", "from": "", "to": ""},
        "unfinished": True,
        "everything": False,
        **AGAIN,
    },
    "history.html none": {
        "rows": [],
        "asked": {"q": "", "from": "", "to": ""},
        "unfinished": False,
        "everything": True,
        **AGAIN,
    },
    "past_conference.html": {
        "title": "2026-03-01 13:05",
        "instant": 3,
        "launched": LAUNCHED[None],
        "ended": ENDED[None],
        "length": "1:00",
        "lines": [
            history.Line("13:05", is_own=True, name="", number="+44", what=N_("You"), why=LAUNCHED[None]),
            history.Line("13:05", is_own=False, name="<b>", number="+44", what=N_("You"), why=""),
        ],
        "sounds": [SOUND],
        **AGAIN,
    },
    "recordings.html": {
        "rows": [
            SOUND,
            replace(SOUND, at=""),
            replace(SOUND, is_here=False),
            replace(SOUND, is_here=False, is_removed=True),
        ],
        **AGAIN,
    },
    "recordings.html none": {"rows": [], **AGAIN},
    "usage.html": {
        "by_day": [USED],
        "by_contact": [USED],
        "by_conference": [USED],
        "charts": {
            "days": columns("a", "<b>", [BAR, BAR], "<b>"),
            "contacts": lines("b", "<b>", [BAR]),
            "conferences": None,
        },
        "files": {"days": "/d", "contacts": "/c", "conferences": "/f"},
        "total": "1:00",
        "calls": 2,
        **DAYS,
        **AGAIN,
    },
    "calls.html": {
        "rows": [
            calls.Row("2026-03-01", 7, "<b>", N_("You"), "+44", N_("called"), 60, N_("called")),
            calls.Row("2026-03-01", 7, "", N_("You"), "", N_("called"), None, N_("called")),
        ],
        "file": "/f",
        **DAYS,
        **AGAIN,
    },
    "texts.html": {"rows": [texts.Row("2026-03-01", N_("To you"), N_("sent"))], **AGAIN},
    "texts.html none": {"rows": [], **AGAIN},
    "elsewhere.html": {"path": "/recordings"},
    "gone.html": {"path": "/recordings"},
}
ENTRY = Entry(7, Doing.CHANGE, "bob", "+447700900001", "<b>", "", ("bob",), "v", "<b>", made=True, others=2)
COUNTS = Counts(1, 2, 3, 4, 5, 6, 7, 8)
IMPORT: dict[str, object] = {
    "trouble": "Nick",
    "all": 10,
    "done": 5,
    "can_undo": True,
    "failed": [(3, "bob", "Nick")],
}


def imported(state: ImportState) -> dict[str, object]:
    one = Import(1, 1, state, datetime(2026, 1, 1, tzinfo=UTC), 2, 1, counts=COUNTS)
    return {**IMPORT, "one": one, "works": state in WORKING}


NAMELESS = replace(BOB, name="", number="", state=CallState.ENDED)
SEEN = replace(
    RUNNING, people=(ME, replace(BOB, muted=True), EVE, replace(EVE, name="", talking=True), NAMELESS)
)
LIVE: dict[str, object] = {
    "head": head_of(SEEN, UTC),
    "rows": [row_of(SEEN, nth, UTC) for nth in range(len(SEEN.people))],
    "offered": ["bob", "<b>"],
    "who": "<b>",
    "channel": "0",
    "trouble": "There is a problem",
    "told": "",
    "zone": "Europe/Berlin",
    "done": False,
}
SHOWN: dict[str, Mapping[str, object]] = {
    "sign_in.html": {"form": SIGN_IN.filled({}), "signed_out": True, "carried": Carried()},
    "sign_in.html kept": {"form": SIGN_IN.empty(), "signed_out": False, "carried": KEPT},
    "kept_form.html": {"to": "/1", "written": {"of": "1"}},
    "password.html": {"form": CHOICE.empty(), "number": "+447700900001", "carried": Carried()},
    "password.html kept": {"form": CHOICE.empty(), "number": "+447700900001", "carried": KEPT},
    "forgotten.html": {"form": ASKING.empty(), "carried": Carried()},
    "forgotten.html kept": {"form": ASKING.empty(), "carried": KEPT},
    "code.html": {"form": CODE.filled({"number": "1"}), "carried": Carried()},
    "code.html kept": {"form": CODE.empty(), "carried": KEPT},
    "home.html": {"running": True, "left": None, "minutes": None},
    "home.html limit": {"running": False, "left": 1, "minutes": 60},
    "live.html": LIVE,
    "live.html none": {**LIVE, "head": None, "rows": [], "trouble": "", "done": True, "told": "It is done."},
    "security.html": {"trouble": "There is a problem"},
    "conferences.html": {
        "rows": [ROW],
        "common": "52270",
        "launched": 3,
        "renewed": 3,
        "sent": 2,
        "trouble": "",
        "told": TOLD,
        "late": False,
    },
    "groups.html": {
        "rows": [("bob", "v", 9, ("bob", "<b>"))],
        "told": TOLD,
        "late": False,
        "first": 1,
        "last": 1,
        "count": 1,
        "before": "/groups",
        "behind": "/groups",
    },
    "members.html conference": {**MEMBERS, "target": Target("/conferences", "/c", 3), "stale": True},
    "members.html group": {**MEMBERS, "target": Target("/groups", "/g", group="<b>")},
    "members.html new": {**MEMBERS, "target": Target("/groups", "/g"), "there": False},
    "members.html first": {**MEMBERS, "target": Target("/conferences", "/c", 3), "there": False},
    "users.html": {
        "rows": [(USER, "v")],
        "count": 60,
        "sought": "bob",
        "order": "nick",
        "sorted_by": {"nick": "/users", "name": "/users", "number": "/users"},
        "before": "/users",
        "behind": "/users",
        "first": 26,
        "last": 50,
        "told": TOLD,
        "late": True,
        "groups": ["<b>"],
        "trouble": "",
    },
    "missing.html": {"words": "Nick", "path": "/users"},
    "import_file.html": {"trouble": "Nick", "most": 10},
    "import_preview.html": {
        "trouble": "Nick",
        "one": imported(ImportState.PREVIEW)["one"],
        "place": 1,
        "rows": [Row(ENTRY, KINDS[ENTRY.doing], can_choose=True, kept=True, why="Nick")],
    },
    **{f"import_done.html {one.value}": imported(one) for one in ImportState},
    "settings.html": {
        "form": SETTINGS.filled({}),
        "was": "v",
        "saved": True,
        "stale": True,
        "set": [(LABELS["name"], "<b>"), (LABELS["awaySeconds"], "")],
        "zones": ["<b>"],
    },
    "renew_pins.html": {"number": 3},
    "help.html": {"videos": [Shown("Users and groups", "/v.webm", "/v.jpg", (("en", "English", "/v.vtt"),))]},
    "card.html": {"commands": COMMANDS, "keys": KEYS},
    "user.html": {"form": KNOWN.empty(), "user": USER, "stale": True, "was": "v"},
    "user.html new": {"form": NEW.filled({}), "user": None, "stale": False, "was": ""},
    "trouble.html": {"words": "Nick", "path": "/users"},
    "not_sent.html": {},
    **PAST,
    **{
        f"error.html {kind}": {"kind": kind, "to": "/users/new", "written": {"nick": "Bob"}}
        for kind in ("unknown", "perhaps-done", "away", "too-long", "not-readable")
    },
}


def shown(name: str, language: str) -> str:
    return PAGES.render(name.partition(" ")[0], ALL.of("", language), {**OUTSIDE, **SHOWN[name]}).decode()


def test_each_template_is_shown_here() -> None:
    made = {path.name for path in (PORTAL / "templates").glob("*.html")} - {
        "layout.html",
        "forms.html",
        "lists.html",
        "past.html",
        "live_conference.html",
        "live_person.html",
    }
    assert {name.partition(" ")[0] for name in SHOWN} == made


@pytest.mark.parametrize("code", [one for one in LANGUAGES if one != ENGLISH])
def test_a_translation_has_each_text_and_no_other(code: str) -> None:
    """`make pages` brings the file up to date; the words are a person's."""
    kept = (PORTAL / "locale" / code / DOMAIN).read_bytes()
    catalog = translated(code)
    assert text_of(catalog) == kept
    for message in catalog:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(forms), f"not translated: {message.id}"
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        assert set(FILL.findall(ids[-1])) == set(FILL.findall(forms[-1])), message.id


def test_what_is_marked_is_found() -> None:
    ids = {message.id for message in marked()}
    assert "Sign in" in ids
    assert PLACES[0].name in ids
    assert ("One person", "%(count)s people") in ids


@pytest.mark.parametrize("name", SHOWN)
def test_no_word_on_a_page_is_unmarked(name: str) -> None:
    """In the pseudo language what is marked stands in brackets, from right to left."""
    page = shown(name, PSEUDO)
    assert f'<html lang="{PSEUDO}" dir="rtl">' in page
    text = re.sub(r"<(title|h1)>.*?</\1>", "", page, flags=re.DOTALL)
    text = re.sub(r'<option value="\w+" lang="\w+".*?</option>', "", text)  # a language in its own words
    bare = re.sub(r"<[^>]*>", " ", re.sub("\u2067\\[.*?\\]\u2069", "", text, flags=re.DOTALL))
    left = set(re.findall(r"[A-Za-z]{2,}", bare)) - {"bob", "Bob", "Eve", "lt", "gt"}
    assert left == set()
    for title in re.findall(r"<h1>(.*?)</h1>", page, re.DOTALL):
        assert "\u2067[" in title


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_whole_in_each_language(name: str, language: str) -> None:
    page = shown(name, language)
    assert f'<html lang="{language}" dir="ltr">' in page
    assert "%(" not in page
    assert "<b>" not in page, "what people wrote is escaped"


def test_a_value_that_nobody_gave_is_an_error() -> None:
    with pytest.raises(Exception, match="is undefined"):
        PAGES.render("conferences.html", ALL.of(""), dict(OUTSIDE))


@pytest.mark.parametrize(
    ("wished", "own", "code"),
    [
        ("", "", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("fr,de;q=0.5,en;q=0.7", "", "en"),
        ("fr", "", "en"),
        ("de;q=x, en", "", "en"),
        ("en", "de", "de"),
        ("de", "fr", "de"),
        ("\u00e9;q=1," * 50, "", "en"),
        ("fr, de; q=0.8, en; q=0.5", "", "de"),
        ("fr;Q=1.0,de ;q=0.8", "", "de"),
        ("de;q=0, en;q=0.1", "", "en"),
        ("DE-at, en;q=0.1", "", "de"),
        ("DE", "", "de"),
        ("EN-gb", "", "en"),
        ("de;q=0", "", "en"),
        ("en;q=nan, de;q=9e9, de;q=inf", "", "en"),
    ],
)
def test_which_language_it_is(wished: str, own: str, code: str) -> None:
    assert Languages().of(wished, own).code == code


def test_words_with_values_and_plurals() -> None:
    german = ALL.of("", "de")
    one, many = "One person", "%(count)s people"
    assert german.say(Words(one, {"count": 1}, many, 1)) == "Eine Person"
    assert german.say(Words(one, {"count": 3}, many, 3)) == "3 Personen"
    assert ALL.of("", "en").say(Words(one, {"count": 3}, many, 3)) == "3 people"
    assert german.say("100 % unknown") == "100 % unknown"


FORM = Form((Field("name", "Name", longest=5), Field("secret", "Secret", kind="password", longest=5)))


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ({"name": " Ann ", "secret": " x "}, set()),
        ({}, {"name", "secret"}),
        ({"name": "   ", "secret": " "}, {"name"}),
        ({"name": "abcdef", "secret": "x"}, {"name"}),
    ],
)
def test_what_is_wrong_with_a_form(written: dict[str, str], wrong: set[str]) -> None:
    filled = FORM.filled(written)
    assert set(filled.errors) == wrong
    name, secret = FORM.fields
    assert filled.shown(secret) == ""
    assert filled.shown(name) == written.get("name", "").strip()
    again: Any = filled.wrong("name", "another")
    assert again.errors["name"] == (filled.errors["name"] if "name" in wrong else "another")


def test_a_static_file_has_its_digest_in_its_name() -> None:
    static = Static()
    assert static.path("portal.css") == f"/static/{static.version}/portal.css"
    assert static.get("nothing.css") is None
    with pytest.raises(LookupError):
        static.path("nothing.css")
    sheet = static.get("portal.css")
    assert sheet is not None
    assert b"url(" not in sheet[0]
    assert b"@import" not in sheet[0]
