"""What Asterisk's qualify says of a trunk, as an event and as a listing."""

import pytest

from usnd.asterisk.technology.contacts import (
    Account,
    Contact,
    listed_account,
    listed_contact,
    read_account,
    read_contact,
)
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
    assert read_contact(event) == Contact("msc", URI, answers)
    assert listed_contact({"endpoint": "usn/msc", "uri": URI, "status": status}) == Contact(
        "msc", URI, answers
    )


@pytest.mark.parametrize(
    "event", [{}, {"event": "Hangup", "endpointname": "msc"}, {"event": "ContactStatus", "uri": URI}]
)
def test_other_events_say_nothing(event: dict[str, str]) -> None:
    assert read_contact(event) is None
    assert listed_contact(event) is None


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
    assert read_account(event) == Account(URI, registration)
    assert listed_account({"clienturi": URI, "status": status}) == Account(URI, registration)


def test_what_is_no_registration_says_nothing() -> None:
    assert read_account({"event": "ContactStatus", "username": URI}) is None
    assert read_account({"event": "Registry"}) is None
    assert listed_account({"event": "AuthDetail"}) is None
