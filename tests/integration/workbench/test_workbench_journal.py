"""Proves that a journal is read by whole lines while it is written, and that half a line is none."""

from pathlib import Path

from workbench.parts.journal import Journal


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    assert journal.events() == []
    path.write_text('{"event":"bound"}\n{"event":"calls","ca')
    assert journal.events() == [{"event": "bound"}]
    with path.open("a") as file:
        file.write('ll":"c1"}\n')
    assert journal.events() == [{"event": "bound"}, {"event": "calls", "call": "c1"}]


def test_what_a_killed_writer_left_and_plain_words_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text('{"event":"bou\nusnd: the port is taken\n{"event":"bound"}\n')
    assert list(Journal(path).events()) == [{"event": "bound"}]


def test_news_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text('{"event":"bound"}\n')
    journal = Journal(path)
    assert [event["event"] for event in journal.news()] == ["bound"]
    with path.open("a") as file:
        file.write('{"event":"called"}\n')
    assert [event["event"] for event in journal.news()] == ["called"]
    assert list(journal.news()) == []
