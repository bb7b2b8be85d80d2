"""What is wrong in a form that usnd looked at, in the words of texts, without their commands.

The names are those of `Say` in domain/replies/catalogue.py, in small letters.
"""

from collections.abc import Mapping

from usnd.control.answers import PortalAnswer
from usnd.web.portal.words import N_, Words

FAULTS = {
    "bad-number": N_("%(word)s is not a phone number. Write it as %(example)s or as you dial it."),
    "unsure-number": N_(
        "%(word)s may not be a whole phone number. If it is one, write it as %(example)s, with + in front."
    ),
    "unclear": N_("It is not clear which number this is. Did you mean: %(offers)s"),
    "bad-name": N_("%(word)s cannot be a name: begin with a letter, 2 to 20 letters, digits, _ . & ' or -."),
    "bad-person": N_(
        "%(word)s cannot be a person's name: letters without blanks, at most %(most)s in both fields."
    ),
    "user-exists": N_("%(nick)s is already a user of yours, %(number)s. Choose another nick."),
    "name-taken-by-user": N_("%(name)s is already a user of yours. Choose another name."),
    "name-taken-by-group": N_("%(name)s is already a group of yours. Choose another name."),
    "unknown-names": N_("Not known: %(names)s. Nothing was done."),
    "cycle": N_("A group cannot contain itself: %(path)s. Nothing was done."),
    "too-many": N_("%(count)s people are too many: at most %(most)s can be called. Nothing was done."),
    "too-many-numbers": N_(
        "%(count)s bare numbers are too many for a conference: at most %(most)s. Nothing was done."
    ),
    "group-like-nick": N_("%(name)s is the nick already. Choose another name for the group."),
    "members-missing": N_("Whom to call is missing."),
}
IN_FILES = {
    "number-missing": N_("There is no telephone number."),
    "twice": N_("This is the contact of line %(line)s once more."),
    "too-many-users": N_("You would have more than %(most)s users."),
    "changed-meanwhile": N_("The user was changed meanwhile, by SMS or in another window."),
}
"""What only a file of contacts can have wrong."""


def why(answer: PortalAnswer) -> Words:
    """What is wrong."""
    return why_of(answer.fault, answer.values)


def why_of(fault: str, values: Mapping[str, str]) -> Words:
    """The same of a fault by its name."""
    return Words({**FAULTS, **IN_FILES}[fault], values)
