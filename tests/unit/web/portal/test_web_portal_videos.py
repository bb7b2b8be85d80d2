"""Which videos the help page offers: those of its release, in the reader's language or in English."""

from pathlib import Path

from usnd.web.portal.pages.own.videos import VIDEOS, captions, film, shown, still

NAME = VIDEOS[1].name


def test_without_files_there_are_none(tmp_path: Path) -> None:
    assert shown(None, "en") == []
    assert shown(tmp_path / "none", "en") == []
    (tmp_path / "other.en.webm").touch()
    assert shown(tmp_path, "en") == []


def test_one_is_offered_in_the_readers_language_else_in_english(tmp_path: Path) -> None:
    for name in (film(NAME, "en"), captions(NAME, "en", "en"), captions(NAME, "en", "de"), still(NAME, "en")):
        (tmp_path / name).touch()
    (one,) = shown(tmp_path, "de")
    assert one.title == VIDEOS[1].title
    assert (one.path, one.still) == (f"/help/videos/{NAME}.en.webm", f"/help/videos/{NAME}.en.jpg")
    assert one.captions == (
        ("en", "English", f"/help/videos/{NAME}.en.en.vtt"),
        ("de", "Deutsch", f"/help/videos/{NAME}.en.de.vtt"),
    )
    for name in (film(NAME, "de"), captions(NAME, "de", "de")):
        (tmp_path / name).touch()
    (one,) = shown(tmp_path, "de")
    assert one.path == f"/help/videos/{NAME}.de.webm"
    assert [code for code, _, _ in one.captions] == ["de"]
