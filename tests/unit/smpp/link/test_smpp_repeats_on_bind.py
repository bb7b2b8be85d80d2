"""What may come again on a bind is known by what the SMSC has shown to have read, and when."""

import pytest

from usnd.smpp.link import repeats_on_bind
from usnd.smpp.link.repeats_on_bind import Repeats


def test_what_was_not_answered_is_no_repeat() -> None:
    assert not Repeats(4).is_repeat("a", 1, 0)


def test_until_the_smsc_has_shown_that_it_read_the_answer_it_may_be_a_repeat() -> None:
    told = Repeats(4)
    told.answered("a", 1, number=1, came_at=0, now=1)
    told.answered("b", 2, number=2, came_at=0, now=1)
    assert told.is_repeat("a", 9, 2)
    assert told.is_repeat("b", 9, 2)
    told.read_up_to(1, now=2)
    assert not told.is_repeat("a", 9, 2)
    assert told.is_repeat("b", 9, 2)


def test_the_same_sequence_number_is_the_same_delivery() -> None:
    told = Repeats(4)
    told.answered("a", 1, number=1, came_at=0, now=1)
    told.read_up_to(1, now=2)
    assert told.is_repeat("a", 1, 60)
    assert not told.is_repeat("a", 2, 60)


@pytest.mark.parametrize(("read_at", "repeat"), [(4.0, False), (4.1, True)])
def test_what_the_smsc_read_too_late_it_delivers_again_all_the_same(read_at: float, *, repeat: bool) -> None:
    told = Repeats(4)
    told.answered("a", 1, number=1, came_at=0, now=3)
    told.read_up_to(1, now=read_at)
    assert told.is_repeat("a", 2, 600) is repeat


def test_the_last_copy_decides() -> None:
    told = Repeats(4)
    told.answered("a", 1, number=1, came_at=0, now=9)
    told.answered("a", 2, number=2, came_at=9, now=9.5)
    told.read_up_to(1, now=9.6)
    assert told.is_repeat("a", 3, 9.7)  # the answer to the copy is on its way
    told.read_up_to(2, now=10)
    assert not told.is_repeat("a", 3, 11)


def test_an_smsc_that_repeats_often_and_then_no_more_has_its_answer() -> None:
    """Nine copies in 40 s, all answered late: one would follow within seconds."""
    told = Repeats(4)
    for copy in range(9):
        told.answered("a", copy, number=copy + 1, came_at=0, now=40)
    told.read_up_to(9, now=41)
    assert told.is_repeat("a", 99, 50)
    assert not told.is_repeat("a", 99, 50.1)
    assert told.is_repeat("a", 8, 51)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats_on_bind, "_MOST_UNREAD", 3)
    monkeypatch.setattr(repeats_on_bind, "_MOST_READ", 2)
    told = Repeats(4)
    for number in range(1, 6):
        told.answered(str(number), number, number, came_at=0, now=0)
    assert [told.is_repeat(str(number), 0, 0) for number in range(1, 6)] == [False, False, True, True, True]
    told.read_up_to(5, now=1)
    assert [told.is_repeat(str(number), number, 1) for number in range(1, 6)] == [False] * 3 + [True] * 2
    assert not told._waiting
