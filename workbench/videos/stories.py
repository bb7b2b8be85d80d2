"""The videos, one after the other: what is said in both languages, and what is done. The only place to
change one.

Each lasts under a minute in either language: about 120 words. Names and places are of people.py.
"""

from workbench.videos.people import ALL_THREE, BOB, CHOSEN, CONFERENCE, FAMILY, FIRST, NUMBER
from workbench.videos.storyboard import Await, Open, Play, Press, Show, Step, Story, Write, step

_SAVE = 'main form[method="post"] .acts button:not(.quiet)'


def _row(place: int, act: str) -> str:
    """A button of a person on the live page; 1 is the subscriber."""
    return f'#people > li:nth-child({place}) button[id$="-{act}"]'


def _in(place: int) -> str:
    return f"#people > li.in:nth-child({place})"


def _part(path: str, en: str, de: str) -> Step:
    """One goes to a part of the portal."""
    return step(en, de, Press(f'nav.side a[href="{path}"]'))


FIRST_SIGN_IN = Story(
    "first-sign-in",
    (
        step(
            "Open the address of the portal. Write your telephone number.",
            "Öffnen Sie die Adresse des Portals. Schreiben Sie Ihre Telefonnummer.",
            Open("/sign-in"),
            Write("#number", NUMBER),
        ),
        step(
            "Below it, write the first password that your operator has given you.",
            "Darunter schreiben Sie das erste Passwort, das Ihr Anbieter Ihnen gegeben hat.",
            Write("#password", FIRST),
        ),
        step("Press Sign in.", "Drücken Sie Anmelden.", Press("main form button")),
        step(
            "The first password is good only once. Now choose one of your own, with at least ten characters.",
            "Das erste Passwort gilt nur einmal. Wählen Sie nun ein eigenes, mit mindestens zehn Zeichen.",
            Write("#password", CHOSEN),
        ),
        step(
            "Write the same once more, and press the button.",
            "Schreiben Sie es noch einmal, und drücken Sie den Knopf.",
            Write("#again", CHOSEN),
            Press("main form button"),
        ),
        step(
            "You are signed in. This is the home page: each picture leads to a part of the portal.",
            "Sie sind angemeldet. Das ist die Startseite: jedes Bild führt zu einem Teil des Portals.",
            Show("ul.places"),
        ),
        step(
            "When you have finished on a computer of others, press Sign out.",
            "Wenn Sie an einem fremden Gerät fertig sind, drücken Sie Abmelden.",
            Press("header.top button"),
        ),
        step(
            "And if you forget your password: press here, and a code comes to you as SMS.",
            "Und falls Sie Ihr Passwort vergessen: drücken Sie hier, dann kommt ein Code als SMS.",
            Show('a[href="/forgotten"]'),
        ),
    ),
    first=True,
)

USERS_AND_GROUPS = Story(
    "users-and-groups",
    (
        _part(
            "/users", "Users are the people whom you call.", "Kontakte sind die Personen, die Sie anrufen."
        ),
        step("Add one.", "Legen Sie einen an.", Press('main a[href="/users/new"]')),
        step(
            "The nick is a short name. With it you mean this person here, and in texts.",
            "Der Kurzname steht für diese Person, hier und in SMS.",
            Write("#nick", "bob"),
        ),
        step(
            "Then the telephone number, and the name, if you like.",
            "Dann die Telefonnummer und, wenn Sie möchten, der Name.",
            Write("#phone", BOB),
            Write("#first", "Bob"),
            Write("#last", "Jones"),
        ),
        step(
            "Save it. Bob is among your users.",
            "Speichern Sie. Bob steht unter Ihren Kontakten.",
            Press(_SAVE),
        ),
        _part(
            "/groups",
            "A group is several users whom you call together.",
            "Eine Gruppe sind mehrere Kontakte, die Sie zusammen anrufen.",
        ),
        step(
            "Add a group, and give it a name.",
            "Legen Sie eine Gruppe an, und geben Sie ihr einen Namen.",
            Press('main a[href="/groups/new"]'),
            Write("#name", "family"),
        ),
        step(
            "Tick who is in it.",
            "Kreuzen Sie an, wer dazugehört.",
            Press('input[name="in.bob"]'),
            Press('input[name="in.carol"]'),
        ),
        step(
            "Save it. From now on, family means both of them.",
            "Speichern Sie. Von nun an steht family für beide.",
            Press(_SAVE),
        ),
    ),
    texts=ALL_THREE[1:],
)

INSTANT_CONFERENCE = Story(
    "instant-conference",
    (
        _part(
            "/conferences",
            "An instant conference is a list of people whom you call at once, whenever you want.",
            "Eine Sofortkonferenz ist eine Liste von Personen, die Sie auf einmal anrufen, so oft Sie "
            "wollen.",
        ),
        step("Add one.", "Legen Sie eine an.", Press('main a[href="/conferences/new"]')),
        step(
            "Tick users, or a whole group.",
            "Kreuzen Sie Kontakte an, oder eine ganze Gruppe.",
            Press('input[name="in.family"]'),
        ),
        step("Save it.", "Speichern Sie.", Press(_SAVE)),
        step(
            "Each conference has PINs. Others come in by the User PIN while it runs. The Activation "
            "PIN is for you alone.",
            "Jede Konferenz hat PINs. Mit der Teilnehmer-PIN kommen andere herein, solange sie läuft. "
            "Die Aktivierungs-PIN ist nur für Sie.",
            Press('form[action^="/conferences/1/pins"] button'),
            Show("main dl"),
        ),
        step(
            "Launch the conference: your telephone rings, and theirs.",
            "Starten Sie die Konferenz: Ihr Telefon klingelt, und die der anderen.",
            Press('form[action="/conferences/1/launch"] button'),
        ),
        step(
            "This leads to the page that shows who answers.",
            "Hier geht es zu der Seite, die zeigt, wer abhebt.",
            Press('main a[href="/live"]'),
        ),
        step(
            "Whoever has a green bar is in the conference.",
            "Wer einen grünen Balken hat, ist in der Konferenz.",
            Await(_in(3)),
            Show("#people"),
            moves=True,
        ),
    ),
    texts=FAMILY,
)

LIVE_CONFERENCE = Story(
    "live-conference",
    (
        _part(
            "/live",
            "While your conference runs, this page shows who is called, who is in, and who speaks. It "
            "moves by itself.",
            "Solange Ihre Konferenz läuft, zeigt diese Seite, wer angerufen wird, wer da ist, und wer "
            "spricht. Sie bewegt sich von selbst.",
        ),
        step(
            "Somebody is too loud? Mute them: they hear everybody, and nobody hears them.",
            "Jemand ist zu laut? Schalten Sie stumm: wer stumm ist, hört alle, und niemand hört ihn.",
            Press(_row(2, "mute")),
        ),
        step("The same button unmutes them.", "Derselbe Knopf hebt es wieder auf.", Press(_row(2, "mute"))),
        step(
            "Drop ends the call with one person.",
            "Trennen beendet den Anruf mit einer Person.",
            Press(_row(3, "drop")),
            Await("#people > li.out:nth-child(3)"),
        ),
        step(
            "And this calls them again.",
            "Und hiermit wird sie wieder angerufen.",
            Press(_row(3, "call")),
            Await(_in(3)),
        ),
        step(
            "You can add somebody who was not called yet: by nick, by group, or by number.",
            "Sie können jemanden dazuholen: mit Kurznamen, Gruppe oder Nummer.",
            Write("#who", "dave"),
            Press("#add button"),
            Await(_in(4)),
        ),
        step(
            "At the end, end the conference for everybody.",
            "Zum Schluss beenden Sie die Konferenz für alle.",
            Press("#ending summary"),
            Press("#end"),
            Await("#conference:not(.on)"),
        ),
    ),
    texts=CONFERENCE,
    launched=True,
)

RECORDINGS = Story(
    "recordings",
    (
        _part(
            "/live",
            "A running conference can be recorded.",
            "Eine laufende Konferenz können Sie aufzeichnen.",
        ),
        step(
            "Press Record. Everybody hears that it is being recorded.",
            "Drücken Sie Aufzeichnen. Alle hören, dass aufgezeichnet wird.",
            Press("#record"),
            moves=True,
        ),
        step(
            "Now everything that is said is kept.",
            "Jetzt wird alles festgehalten, was gesagt wird.",
            Show("#conference .says"),
            moves=True,
        ),
        step(
            "The same button ends the recording. You can begin again, as often as you like.",
            "Derselbe Knopf beendet die Aufnahme. Sie können beliebig oft neu beginnen.",
            Press("#record"),
            moves=True,
        ),
        _part("/recordings", "You find your recordings here.", "Ihre Aufnahmen finden Sie hier."),
        step("Listen to one,", "Hören Sie eine an,", Play("main audio"), moves=True),
        step(
            "or download it, and keep it.",
            "oder laden Sie sie herunter, und heben Sie sie auf.",
            Show("main a[download]"),
        ),
        step(
            "Recordings are deleted after some time: your operator knows when.",
            "Aufnahmen werden nach einiger Zeit gelöscht: Ihr Anbieter weiß, wann.",
        ),
    ),
    texts=CONFERENCE,
    launched=True,
)

STORIES = (FIRST_SIGN_IN, USERS_AND_GROUPS, INSTANT_CONFERENCE, LIVE_CONFERENCE, RECORDINGS)
