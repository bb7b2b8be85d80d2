"""Whether a carrier knows us at this address, where it wants us to register (REQUIREMENTS V4). Pure.

asterisk/technology/pjsip.py reads Asterisk's word for it; services/trunks/trunks.py asks `standing` what
it means for calls.
"""

from enum import Enum

from usnd.domain.trunks.trunk import TrunkState


class Registration(Enum):
    """WAITING: not tried yet, or let go of. REFUSED: the registrar said no, or nothing; it is asked again."""

    WAITING = "waiting"
    REGISTERED = "registered"
    REFUSED = "refused"


def standing(state: TrunkState, registration: Registration | None) -> TrunkState:
    """The trunk's state for calls; `registration` None: it needs none.

    Who is not registered is sent no calls, and most carriers refuse theirs: such a trunk is used only where
    no other has a line.
    """
    if state in (TrunkState.UP, TrunkState.SUSPECT) and registration not in (None, Registration.REGISTERED):
        return TrunkState.DAMPED
    return state
