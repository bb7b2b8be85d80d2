"""The life of an import: each state with each event."""

import pytest

from usnd.domain.portal.imports import IMPORT_TABLE, WORKING, ImportEvent, ImportState

S, E = ImportState, ImportEvent
MOVES = {
    (S.COMING, E.CAME): S.PREVIEW,
    (S.PREVIEW, E.STARTED): S.RUNNING,
    (S.RUNNING, E.WORKED): S.DONE,
    (S.RUNNING, E.FAILED): S.STOPPED,
    (S.DONE, E.UNDO_ASKED): S.UNDOING,
    (S.STOPPED, E.UNDO_ASKED): S.UNDOING,
    (S.UNDOING, E.WORKED): S.UNDONE,
    (S.UNDOING, E.FAILED): S.STOPPED,
}


@pytest.mark.parametrize("event", E)
@pytest.mark.parametrize("state", S)
def test_each_event_in_each_state(state: ImportState, event: ImportEvent) -> None:
    assert IMPORT_TABLE[state, event] is MOVES.get((state, event), state)


def test_what_usnd_goes_on_with() -> None:
    assert {S.RUNNING, S.UNDOING} == WORKING
