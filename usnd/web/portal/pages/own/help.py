"""Help: videos, answers to what people ask, and a card of all texts and keys, to be printed.

The card comes from the grammar and from the menu of keys, as docs/integrator/sms-commands.md does.
"""

from usnd.domain.conference.dtmf_menu import DEFAULT_KEYS, EXPLAINED
from usnd.domain.conference.features import FOR_EVERYBODY
from usnd.domain.sms.grammar import FORMS
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.own import videos
from usnd.web.portal.visitor import Answer, Page, Visitor

COMMANDS = tuple((form.syntax.value, form.explains.value) for form in FORMS.values())
KEYS = tuple((key, feature in FOR_EVERYBODY, EXPLAINED[feature]) for feature, key in DEFAULT_KEYS.items())
TEXTS = (*(text for command in COMMANDS for text in command), *(says for _, _, says in KEYS))
"""To be translated, beside what is marked in the pages."""


def show(behind: Behind, visitor: Visitor) -> Answer:
    """The videos that this node has; questions and answers."""
    return Page("help.html", {"videos": videos.shown(behind.videos, visitor.language.code)})


def show_card(_behind: Behind, _visitor: Visitor) -> Answer:
    """All commands and keys on one sheet."""
    return Page("card.html", {"commands": COMMANDS, "keys": KEYS, "path": "/help"})
