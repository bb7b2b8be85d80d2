"""Which of two equal texts is a second delivery, and which a second wish."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.messaging.duplicates import Earlier, RepeatRules, is_duplicate
from usnd.domain.messaging.message import Draft, IncomingText, OutgoingText, Priority

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=5)
RULES = RepeatRules(WINDOW, timedelta(seconds=4))
TEXT = IncomingText("smsc", "second bind", "447700900001", "8000", "IC golf", "f")
IN_TIME, LATE = T0 + timedelta(seconds=4), T0 + timedelta(seconds=4.1)
AGAIN = frozenset({"second bind"})
ELSEWHERE = frozenset({"third bind"})
NOWHERE: frozenset[str] = frozenset()


def judged(earlier: Earlier, seconds: float, text: IncomingText = TEXT) -> bool:
    return is_duplicate(text, earlier, RULES, T0 + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("session", "read_at", "seconds", "duplicate"),
    [
        ("first bind", None, 0, True),
        ("first bind", None, 300, True),
        ("first bind", None, 301, False),
        ("first bind", IN_TIME, 1, False),
        ("first bind", LATE, 60, True),  # it had given our answer up, and threw it away
        ("first bind", LATE, 301, False),
        ("second bind", None, 1, False),
        ("second bind", IN_TIME, 1, False),
        ("first bind", None, -1, True),  # a clock that was set back
    ],
)
def test_a_text_is_a_duplicate(
    session: str, read_at: datetime | None, seconds: int, *, duplicate: bool
) -> None:
    assert judged(Earlier(1, session, T0, read_at), seconds) is duplicate


@pytest.mark.parametrize(
    ("session", "redelivered_over", "read_at", "seconds", "duplicate"),
    [
        ("first bind", AGAIN, None, 1, False),  # the SMSC's came before: this is the subscriber's
        ("first bind", AGAIN, IN_TIME, 1, False),
        ("first bind", AGAIN, None, 301, False),
        ("first bind", ELSEWHERE, None, 1, True),  # which was lost, too, perhaps before our answer was read
        ("first bind", ELSEWHERE, None, 301, False),
        ("first bind", ELSEWHERE, IN_TIME, 1, False),
        ("first bind", AGAIN | ELSEWHERE, None, 1, False),  # two binds at a time, the texts by turns
        ("second bind", ELSEWHERE, None, 1, False),
    ],
)
def test_an_smsc_delivers_again_once_a_bind(
    session: str,
    redelivered_over: frozenset[str],
    read_at: datetime | None,
    seconds: int,
    *,
    duplicate: bool,
) -> None:
    assert judged(Earlier(1, session, T0, read_at, redelivered_over), seconds) is duplicate


@pytest.mark.parametrize(
    ("session", "redelivered_over", "seconds", "duplicate"),
    [
        ("second bind", NOWHERE, 5, True),  # it waited for 5 s, and had read no answer when it sent this
        ("second bind", NOWHERE, 301, False),
        ("first bind", AGAIN, 5, True),
    ],
)
def test_on_the_same_bind_it_is_again_what_the_smsc_had_read_no_answer_to(
    session: str, redelivered_over: frozenset[str], seconds: int, *, duplicate: bool
) -> None:
    earlier = Earlier(1, session, T0, None, redelivered_over)
    assert judged(earlier, seconds, replace(TEXT, repeated=True)) is duplicate
    assert not judged(earlier, seconds)


def test_a_text_with_the_smscs_own_id_is_known_again_everywhere() -> None:
    identified = replace(TEXT, identified=True)
    for session in ("first bind", "second bind"):
        earlier = Earlier(1, session, T0, IN_TIME, AGAIN)
        assert judged(earlier, 60, identified)
        assert not judged(earlier, 301, identified)


def test_a_draft_waits_under_its_id_as_it_was_written() -> None:
    draft = Draft("smsc", "52272", "+44", "hello", T0, T0 + WINDOW, Priority.BULK, mo_id=3)
    queued = draft.queued(7)
    assert queued == OutgoingText(7, "smsc", "52272", "+44", "hello", T0, T0 + WINDOW, Priority.BULK)
