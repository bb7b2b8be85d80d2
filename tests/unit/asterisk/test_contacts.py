"""What Asterisk's qualify says of a trunk, as an event and as a listing."""

import pytest

from usnd.asterisk.contacts import Contact, listed_contact, read_contact

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
