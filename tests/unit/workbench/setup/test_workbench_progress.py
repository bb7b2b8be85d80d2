"""Proves what a person is told of long work: stage, time, lines; and where all of it is."""

from pathlib import Path

import pytest

from workbench.setup.progress import Progress, elapsed, ending


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min 00 s"), (671, "11 min 11 s")]
)
def test_time_is_told_as_a_person_says_it(seconds: float, told: str) -> None:
    assert elapsed(seconds) == told


def test_the_stage_is_the_last_that_was_begun_and_the_last_line_is_of_it() -> None:
    progress = Progress("Asterisk 22")
    assert progress.line(1) == "  Asterisk 22: 1 s, 0 lines logged"
    progress.read(["I: installing essential packages...", "Unpacking libc6", ""])
    assert progress.line(20) == (
        "  Asterisk 22: installing essential packages..., 20 s, 3 lines logged, Unpacking libc6"
    )
    progress.read(["== compiling"])
    assert progress.line(300) == "  Asterisk 22: compiling, 5 min 00 s, 4 lines logged"
    progress.read(["[CC] app_dial.c -> app_dial.o"] * 2000)
    assert progress.line(300).endswith("2,004 lines logged, [CC] app_dial.c -> app_dial.o")


def test_a_long_line_is_cut() -> None:
    progress = Progress("pip")
    progress.read(["Installing collected packages: " + "name, " * 100, "x" * 500])
    assert progress.line(1) == f"  pip: Installing collected packages, 1 s, 2 lines logged, {'x' * 60}"


def test_an_error_has_the_end_of_the_log_and_says_where_it_is(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    assert ending(log) == f"All of it is in {log}"
    log.write_text("".join(f"line {number}\n" for number in range(40)))
    assert ending(log, 2) == f"line 38\nline 39\nAll of it is in {log}"
