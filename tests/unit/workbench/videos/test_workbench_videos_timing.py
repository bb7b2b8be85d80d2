"""When a video shows what: speech and pictures on one line of time, whatever time the browser took."""

from pathlib import Path

import pytest

from workbench.videos.timing import (
    LAST,
    LONGEST_SILENCE,
    PAUSE,
    Frame,
    Place,
    Shot,
    Take,
    listed,
    places,
    shots,
)


def frame(at: float) -> Frame:
    return Frame(at, Path(f"{at:g}.jpg"))


def shown(takes: list[Take], *at: float) -> list[tuple[str, float]]:
    return [(shot.file.stem, shot.lasts) for shot in shots(takes, [frame(one) for one in at])]


def test_a_step_lasts_as_long_as_its_words_and_a_pause() -> None:
    assert places([Take(100, 101, 4), Take(101, 102, 2)]) == [
        Place(0.0, 4 + PAUSE),
        Place(4 + PAUSE, 2 + PAUSE),
    ]


def test_what_takes_longer_than_the_words_is_shown_and_what_takes_too_long_is_cut() -> None:
    assert places([Take(0, 5, 3)]) == [Place(0.0, 5)]
    assert places([Take(0, 60, 3)]) == [Place(0.0, 3 + LONGEST_SILENCE)]


def test_each_picture_is_shown_until_the_next_one_and_the_last_until_the_end() -> None:
    takes = [Take(100, 102, 4), Take(102, 103, 2)]
    end = 4 + PAUSE + 2 + PAUSE + LAST
    assert shown(takes, 100, 101, 102.5) == [
        ("100", 1.0),
        ("101", round(4 + PAUSE + 0.5 - 1, 3)),
        ("102.5", round(end - (4 + PAUSE + 0.5), 3)),
    ]


def test_what_came_before_the_first_step_is_shown_from_the_beginning() -> None:
    assert shown([Take(100, 101, 1)], 90, 100.4)[0] == ("90", 0.4)
    assert shown([Take(100, 101, 1)], 100.4)[0][1] == pytest.approx(1 + PAUSE + LAST)


def test_of_what_is_cut_the_last_picture_is_what_the_next_step_begins_with() -> None:
    """A machine that stood still for a minute: the step has its words' time, and shows how it came out."""
    takes = [Take(0, 60, 2), Take(60, 61, 2)]
    found = shown(takes, 0, 30, 59, 60.5)
    assert [name for name, _ in found] == ["0", "59", "60.5"]
    assert found[1][1] == pytest.approx(0.5)


def test_the_whole_lasts_as_long_as_its_steps() -> None:
    takes = [Take(0, 3, 2), Take(3, 20, 1), Take(20, 21, 5)]
    last = places(takes)[-1]
    whole = sum(lasts for _, lasts in shown(takes, 0, 0.001, 1, 2.9, 3, 19, 20.7))
    assert whole == pytest.approx(last.begins + last.lasts + LAST, abs=0.01)


def test_ffmpeg_is_told_each_picture_and_how_long() -> None:
    assert listed([Shot(Path("/tmp/a.jpg"), 1.5), Shot(Path("/tmp/b.jpg"), 0.25)]) == (  # only names
        "ffconcat version 1.0\nfile 'a.jpg'\nduration 1.500\nfile 'b.jpg'\nduration 0.250\nfile 'b.jpg'\n"
    )
