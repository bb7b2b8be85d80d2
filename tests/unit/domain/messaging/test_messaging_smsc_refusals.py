"""What each status of SMPP 3.4 means for a text that it refuses."""

import pytest

from usnd.domain.messaging.smsc_refusals import REFUSALS, Refusal, refusal_of
from usnd.smpp.pdu.status import CommandStatus, status_name

NOT_FINAL = {
    "ESME_RINVBNDSTS": Refusal.BIND,
    "ESME_RBINDFAIL": Refusal.BIND,
    "ESME_RINVPASWD": Refusal.BIND,
    "ESME_RINVSYSID": Refusal.BIND,
    "ESME_RSYSERR": Refusal.TEMPORARY,
    "ESME_RX_T_APPN": Refusal.TEMPORARY,
    "ESME_RTHROTTLED": Refusal.THROTTLE,
    "ESME_RMSGQFUL": Refusal.THROTTLE,
}


def test_the_table_has_every_status_of_smpp_and_no_other() -> None:
    assert set(REFUSALS) == {status.name for status in CommandStatus} - {"ESME_ROK"}


@pytest.mark.parametrize("status", [one for one in CommandStatus if one is not CommandStatus.ESME_ROK])
def test_every_status(status: CommandStatus) -> None:
    assert refusal_of(status.name, {}) is NOT_FINAL.get(status.name, Refusal.FINAL)


def test_a_bind_may_say_otherwise_also_of_statuses_of_the_vendor() -> None:
    changed = {"ESME_RSYSERR": Refusal.FINAL, "0x00000408": Refusal.TEMPORARY}
    assert refusal_of("ESME_RSYSERR", changed) is Refusal.FINAL
    assert refusal_of(status_name(0x408), changed) is Refusal.TEMPORARY
    assert refusal_of(status_name(0x409), changed) is Refusal.FINAL
