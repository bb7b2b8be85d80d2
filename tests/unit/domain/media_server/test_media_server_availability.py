"""Every state of the voice side against every event, and when calls are lost."""

from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.media_server.availability import VOICE_TABLE, Voice, VoiceEvent, VoiceState, give_up_at, hear

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = T0 + timedelta(seconds=5)
S, E = VoiceState, VoiceEvent
CELLS = [(state, event) for state in S for event in E]


def expected(state: VoiceState, event: VoiceEvent) -> VoiceState:
    """The rules in words, written without the table."""
    match event:
        case E.UP_SAME | E.UP_OTHER:
            return S.UP
        case E.REFUSED:
            return S.LOST
        case E.CUT:
            return S.LOST if state is S.LOST else S.SILENT
        case E.TIME:
            return S.LOST if state is S.SILENT else state


@pytest.mark.parametrize(("state", "event"), CELLS, ids=[f"{s.value}-{e.value}" for s, e in CELLS])
def test_every_cell_of_the_table_and_whether_it_loses_calls(state: VoiceState, event: VoiceEvent) -> None:
    assert VOICE_TABLE[state, event] is expected(state, event)
    voice, lost = hear(Voice(state, T0), event, NOW)
    assert voice.state is expected(state, event)
    assert voice.since == (T0 if voice.state is state else NOW)
    assert voice.up == (voice.state is S.UP)
    died = voice.state is S.LOST
    assert lost == (state is not S.LOST and (died or event is E.UP_OTHER)), "lost once, when it is known"


def test_the_table_is_total() -> None:
    assert set(VOICE_TABLE) == set(CELLS)


def test_only_silence_is_given_up_and_a_second_cut_does_not_prolong_it() -> None:
    patience = timedelta(seconds=30)
    silent, _ = hear(Voice(S.UP, T0), E.CUT, NOW)
    again, lost = hear(silent, E.CUT, NOW + patience)
    assert again == silent
    assert not lost
    assert give_up_at(again, patience) == NOW + patience
    assert [give_up_at(Voice(state, T0), patience) for state in S if state is not S.SILENT] == [None] * 3
