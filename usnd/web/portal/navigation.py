"""The parts of the portal, in their order: the links on each page, and the icons of the home page.

A page that is to be found there gets a line here, and an icon in static/.
"""

from dataclasses import dataclass

from usnd.web.portal.words import N_


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the portal. name, says: to be translated. icon: a file in static/."""

    path: str
    name: str
    says: str
    icon: str


PLACES = (
    Place("/live", N_("Running conference"), N_("Who is in, who speaks; mute, drop, add, end."), "live.svg"),
    Place("/users", N_("Users"), N_("The people whom you call, by their nicks."), "users.svg"),
    Place("/groups", N_("Groups"), N_("Users whom you call together."), "groups.svg"),
    Place(
        "/conferences",
        N_("Instant conferences"),
        N_("Add, change and launch a conference, see its numbers and PINs."),
        "conferences.svg",
    ),
    Place(
        "/history",
        N_("History"),
        N_("Your past conferences: who was in, and who was not reached."),
        "history.svg",
    ),
    Place(
        "/recordings",
        N_("Recordings"),
        N_("Listen to what you recorded, or keep it."),
        "recordings.svg",
    ),
    Place("/usage", N_("Usage"), N_("Time in calls by day, contact and conference."), "usage.svg"),
    Place("/calls", N_("Calls"), N_("Each call: with whom, when and how long."), "calls.svg"),
    Place("/texts", N_("Texts"), N_("Each SMS from you and to you, and what became of it."), "texts.svg"),
    Place(
        "/settings",
        N_("Settings"),
        N_("Language, time zone, mail address, and how your conferences work."),
        "settings.svg",
    ),
    Place("/help", N_("Help"), N_("Answers, and a card of all texts and keys."), "help.svg"),
    Place(
        "/security",
        N_("Security"),
        N_("Sign out here, or on all your devices."),
        "security.svg",
    ),
)
