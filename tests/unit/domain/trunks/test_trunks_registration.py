"""Where a carrier does not know us, calls go another way if there is one (V4)."""

import pytest

from usnd.domain.trunks.registration import Registration, standing
from usnd.domain.trunks.trunk import TrunkState

UP, SUSPECT, DAMPED, DOWN = TrunkState


@pytest.mark.parametrize("state", TrunkState)
@pytest.mark.parametrize("registration", [None, *Registration])
def test_every_state_with_every_registration(state: TrunkState, registration: Registration | None) -> None:
    unknown = registration in (Registration.WAITING, Registration.REFUSED)
    assert standing(state, registration) is (DAMPED if unknown and state in (UP, SUSPECT) else state)
