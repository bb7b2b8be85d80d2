"""How a command ends: as it says itself, or in a sentence; no library speaks in between."""

import errno
import warnings

import pytest

from usnd.process.command import run


def test_what_fails_unforeseen_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(SystemExit, match="1"):
        run(full, "usnd")
    assert capsys.readouterr().err == "usnd: the output cannot be written: No space left on device\n"


def test_a_command_that_does_well_or_ends_by_itself_is_left_alone() -> None:
    done = []
    run(lambda: done.append(True), "usnd")
    assert done == [True]
    with pytest.raises(SystemExit, match="7"):
        run(lambda: exit_with(7), "usnd")


def test_no_warning_of_a_library_reaches_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.warnoptions", [])
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        run(lambda: warnings.warn("parsed a serial number which was zero", UserWarning, 2), "usnd")
    assert heard == []


def exit_with(status: int) -> None:
    raise SystemExit(status)
