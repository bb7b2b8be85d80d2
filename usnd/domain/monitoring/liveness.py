"""Whether the daemon's parts did work lately: a process that is there may hang all the same. Pure.

usnd notes its work each second and tells systemd's watchdog; the arbiter reads the notes.
"""

from dataclasses import dataclass

TURNS_WITHIN = 3.0
"""Seconds in which the daemon notes its work again and again; on an active, what did none by then is ill."""
CALLS_WITHIN = 4.0
"""Seconds for Asterisk, which gets one call a second of nobody to nobody."""
WAITS_AT_MOST = 30.0
"""Seconds that a commit may wait for a standby that is being fenced."""

BEGINS_WITHIN = 8.0
"""Seconds in which a server that takes the role has usnd, Asterisk and the address begin their work."""


@dataclass(frozen=True, slots=True)
class LastWork:
    """When work was last done; seconds of the machine's clock, which no time server sets.

    turned: the event loop. stored: a transaction by the writer. called: a call through Asterisk, begun and
    ended. linked: Asterisk's manager interface is logged in to.
    """

    turned: float
    stored: float
    called: float
    linked: bool = False


def is_alive(work: LastWork, now: float) -> bool:
    """What the watchdog is told. A commit that waits, or Asterisk gone, is no fault of this process."""
    calls = not work.linked or now - work.called < WAITS_AT_MOST
    return calls and now - work.stored < WAITS_AT_MOST


def idle_part(work: LastWork, now: float, *, waits: bool) -> str:
    """`usnd` or `asterisk`, whichever did no work lately though it should have; empty when both did.

    waits: commits wait for the standby, so the writer may.
    """
    if now - work.turned >= TURNS_WITHIN:
        return "usnd"
    if now - work.stored >= (WAITS_AT_MOST if waits else TURNS_WITHIN):
        return "usnd"
    return "asterisk" if now - work.called >= CALLS_WITHIN else ""


def has_begun(role_taken: float, now: float) -> bool:
    """Whether a restart can be the cure: what only begins is ill as well, and a restart has it begin anew."""
    return now - role_taken >= BEGINS_WITHIN
