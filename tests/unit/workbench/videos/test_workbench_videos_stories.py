"""The script of the videos: each is one that the help page knows, in all languages of the portal."""

from usnd.web.portal.pages.own.videos import VIDEOS
from usnd.web.portal.words import LANGUAGES
from workbench.videos.stories import STORIES
from workbench.videos.storyboard import LANGUAGES as SPOKEN

MOST_WORDS = 120
"""Of a minute, with pauses."""


def test_each_video_of_the_help_page_has_a_story_in_the_same_order() -> None:
    assert [story.name for story in STORIES] == [video.name for video in VIDEOS]


def test_each_step_is_said_in_each_language_of_the_portal() -> None:
    assert SPOKEN == LANGUAGES
    assert {frozenset(step.say) for story in STORIES for step in story.steps} == {frozenset(LANGUAGES)}


def test_none_says_more_than_fits_into_a_minute() -> None:
    counts = {
        (story.name, language): sum(len(step.say[language].split()) for step in story.steps)
        for story in STORIES
        for language in LANGUAGES
    }
    assert {name: count for name, count in counts.items() if count > MOST_WORDS} == {}
