"""Which videos a release takes: those of the portal that it has, or none."""

from pathlib import Path

from workbench.release.videos import STAMP, current, portal_key


def test_a_release_takes_the_videos_of_its_own_portal_and_no_others(tmp_path: Path) -> None:
    said = list[str]()
    assert current(said.append, tmp_path) == []
    for name in ("recordings.en.webm", "recordings.en.jpg", "recordings.en.de.vtt", "other.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / STAMP).write_text("another\n")
    assert current(said.append, tmp_path) == []
    assert [line.split(":")[0] for line in said] == ["the release has no training videos"] * 2
    assert "has changed" in said[1]
    (tmp_path / STAMP).write_text(f"{portal_key()}\n")
    taken = [path.name for path in current(said.append, tmp_path)]
    assert taken == ["recordings.en.de.vtt", "recordings.en.jpg", "recordings.en.webm"]
    assert len(said) == 2


def test_another_portal_has_another_key(tmp_path: Path) -> None:
    portal = tmp_path / "usnd/web/portal"
    portal.mkdir(parents=True)
    (portal / "help.html").write_text("help")
    before = portal_key(tmp_path)
    (portal / "help.html").write_text("more help")
    assert portal_key(tmp_path) != before
