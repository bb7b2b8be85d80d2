"""What Asterisk's qualify says of a trunk, as an event and as a listing."""

import pytest

from usnd.asterisk.technology.interface import Account, Contact
from usnd.asterisk.technology.pjsip import PJSIP
from usnd.domain.trunks.registration import Registration

URI = "sip:192.0.2.20"


@pytest.mark.parametrize(
    ("status", "answers"),
    [
        ("Reachable", True),
        ("Unreachable", False),
        ("NonQualified", True),
        ("Created", True),
        ("Removed", False),
    ],
)
def test_each_status_is_an_answer_or_silence(status: str, answers: bool) -> None:  # noqa: FBT001 # by parametrize
    event = {"event": "ContactStatus", "uri": URI, "contactstatus": status, "endpointname": "usn/msc"}
    assert PJSIP.read(event) == Contact("msc", URI, answers)
    assert PJSIP.listed({"endpoint": "usn/msc", "uri": URI, "status": status}) == Contact("msc", URI, answers)


@pytest.mark.parametrize(
    "event", [{}, {"event": "Hangup", "endpointname": "msc"}, {"event": "ContactStatus", "uri": URI}]
)
def test_other_events_say_nothing(event: dict[str, str]) -> None:
    assert PJSIP.read(event) is None
    assert PJSIP.listed(event) is None


@pytest.mark.parametrize(
    ("status", "registration"),
    [
        ("Registered", Registration.REGISTERED),
        ("Rejected", Registration.REFUSED),
        ("Unregistered", Registration.WAITING),
        ("Stopped", Registration.WAITING),
    ],
)
def test_each_status_of_a_registration(status: str, registration: Registration) -> None:
    event = {"event": "Registry", "username": URI, "domain": "sip:h", "status": status}
    assert PJSIP.read(event) == Account(URI, registration)
    assert PJSIP.listed({"clienturi": URI, "status": status}) == Account(URI, registration)


def test_what_is_no_registration_says_nothing() -> None:
    assert PJSIP.read({"event": "ContactStatus", "username": URI}) is None
    assert PJSIP.read({"event": "Registry"}) is None
    assert PJSIP.listed({"event": "AuthDetail"}) is None
