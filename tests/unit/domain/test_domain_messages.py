"""Which of two equal texts is a second delivery, and which a second wish."""

from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.messages import Draft, Earlier, IncomingText, OutgoingText, Priority, is_duplicate

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=5)
TEXT = IncomingText("smsc", "second bind", "447700900001", "8000", "IC golf", "f")


@pytest.mark.parametrize(
    ("session", "answer_seen", "seconds", "duplicate"),
    [
        ("first bind", False, 0, True),
        ("first bind", False, 300, True),
        ("first bind", False, 301, False),
        ("first bind", True, 1, False),
        ("second bind", False, 1, False),
        ("second bind", True, 1, False),
        ("first bind", False, -1, True),  # a clock that was set back
    ],
)
def test_a_text_is_a_duplicate(session: str, seconds: int, *, answer_seen: bool, duplicate: bool) -> None:
    earlier = Earlier(1, session, T0, answer_seen)
    assert is_duplicate(TEXT, earlier, WINDOW, T0 + timedelta(seconds=seconds)) is duplicate


AGAIN = frozenset({"second bind"})
ELSEWHERE = frozenset({"third bind"})


@pytest.mark.parametrize(
    ("session", "redelivered_over", "answer_seen", "seconds", "duplicate"),
    [
        ("first bind", AGAIN, False, 1, False),  # the SMSC's came before: this is the subscriber's
        ("first bind", AGAIN, True, 1, False),
        ("first bind", AGAIN, False, 301, False),
        ("first bind", ELSEWHERE, False, 1, True),  # which was lost, too, perhaps before our answer was read
        ("first bind", ELSEWHERE, False, 301, False),
        ("first bind", ELSEWHERE, True, 1, False),
        ("first bind", AGAIN | ELSEWHERE, False, 1, False),  # two binds at a time, the texts by turns
        ("second bind", ELSEWHERE, False, 1, False),
    ],
)
def test_an_smsc_delivers_again_once_a_bind(
    session: str, redelivered_over: frozenset[str], seconds: int, *, answer_seen: bool, duplicate: bool
) -> None:
    earlier = Earlier(1, session, T0, answer_seen, redelivered_over)
    assert is_duplicate(TEXT, earlier, WINDOW, T0 + timedelta(seconds=seconds)) is duplicate


def test_a_draft_waits_under_its_id_as_it_was_written() -> None:
    draft = Draft("smsc", "52272", "+44", "hello", T0, T0 + WINDOW, Priority.BULK, mo_id=3)
    queued = draft.queued(7)
    assert queued == OutgoingText(7, "smsc", "52272", "+44", "hello", T0, T0 + WINDOW, Priority.BULK)
