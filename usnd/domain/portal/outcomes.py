"""What the portal's requests come to, and what is noted of them. The words for people are the site's.

services/portal gives them, they cross the control socket as they are, usnd/web/portal makes pages of them.
"""

from enum import Enum


class Outcome(Enum):
    """What became of a request."""

    DONE = "done"
    WRONG = "wrong"
    """Number and password, or number and code, do not belong together; or there is no such number."""
    CLOSED = "closed"
    """Too many tries: not looked at."""
    SUSPENDED = "suspended"
    BUSY = "busy"
    """Too many ask at the same time: not looked at."""
    SIGNED_OUT = "signed-out"
    """The session has ended, or may not do that."""
    PASSWORD_REFUSED = "password-refused"  # noqa: S105 # a word
    NOT_LAUNCHED = "not-launched"
    RUNNING = "running"
    """The conference they have is still running."""
    REFUSED = "refused"
    """Something in a form is wrong: nothing was changed."""
    STALE = "stale"
    """What the form was made from was changed meanwhile: nothing was changed by it."""
    GONE = "gone"
    """What it is about is not there any more, or it is too late to undo it."""


class Noted(Enum):
    """What the audit says happened."""

    SIGNED_IN = "signed in"
    FIRST_SIGNED_IN = "signed in with the first password"
    NOT_SIGNED_IN = "wrong number or password"
    SUSPENDED = "right password, but suspended"
    CLOSED = "too many tries"
    CODE_SENT = "code sent"
    CODE_NOT_SENT = "asked for a code, and was sent none"
    CODE_USED = "right code"
    CODE_WRONG = "wrong code"
    PASSWORD_CHOSEN = "password chosen"  # noqa: S105 # words
    PASSWORD_RESET = "password reset"  # noqa: S105 # words
    SIGNED_OUT = "signed out"
    SIGNED_OUT_EVERYWHERE = "signed out everywhere"
    UNLOCKED = "unlocked"
    PINS_SHOWN = "PINs shown"
    LAUNCHED = "launched"
    NOT_LAUNCHED = "not launched"
    STEERED = "acted in a conference"
    SAVED = "saved"
    DELETED = "deleted"
    DELETION_UNDONE = "deletion undone"
    EXPORTED = "contacts exported"
    IMPORT_STARTED = "import started"
    IMPORT_DONE = "import done"
    IMPORT_STOPPED = "import stopped by a fault"
    IMPORT_UNDO = "undo of the import asked for"
    IMPORT_UNDONE = "import undone"
    SETTINGS = "settings changed"
    PINS_RENEWED = "PINs renewed"
    PINS_SHARED = "User PIN sent"


PASSWORD_RESET = "password-reset"  # noqa: S105 # a word
"""What the history of a subscriber, and so the CRM, calls it."""
