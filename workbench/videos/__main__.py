"""`make videos`: records the training videos into build/videos/, each in both languages.

Their script is workbench/videos/stories.py. A release takes them from there (`make depot`), if they are of
the same portal: `recorded-from` in the directory says which.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from usnd.web.portal.pages.own.videos import film
from workbench.bench.results import say
from workbench.parts.process import PartError, private_directory, run
from workbench.release.prompts import PromptError
from workbench.release.videos import PLACE, STAMP, portal_key
from workbench.setup.command import command
from workbench.videos.cutting import Cutter, lengths, sizes
from workbench.videos.ground import Ground, ground
from workbench.videos.recorder import Recorder
from workbench.videos.stories import STORIES
from workbench.videos.storyboard import LANGUAGES, Story

LONGEST = 60.0
"""Seconds of a video."""


async def record(on: Ground, cutter: Cutter, story: Story, language: str, place: Path) -> float:
    """One video into that directory; how many seconds it lasts. Raises PartError, PromptError, playwright's
    errors.
    """
    home = private_directory("usn-video-")
    try:
        speech = await asyncio.to_thread(cutter.spoken, story, language, home)
        context = await on.ready(story, language)
        try:
            page = await context.new_page()
            await page.goto("/sign-in" if story.first else "/")
            recorder = Recorder(page, home)
            await recorder.start()
            takes = [
                await recorder.act(step, spoken)
                for step, spoken in zip(story.steps, lengths(speech), strict=True)
            ]
            await recorder.stop()
        finally:
            await context.close()
            await on.calm()
        return await asyncio.to_thread(cutter.cut, story, language, (takes, recorder.frames), speech, place)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def videos(stories: Sequence[Story], languages: Sequence[str], place: Path) -> dict[str, float]:
    """All of them; seconds by file."""
    found = dict[str, float]()
    cutter = await asyncio.to_thread(Cutter)
    async with ground() as on:
        for story in stories:
            for language in languages:
                say(f"{story.name}, {language}")
                found[film(story.name, language)] = await record(on, cutter, story, language, place)
    return found


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="this story alone", choices=[one.name for one in STORIES])
    parser.add_argument("--language", help="this language alone", choices=LANGUAGES)
    chosen = parser.parse_args()
    stories = [one for one in STORIES if chosen.only in (None, one.name)]
    languages = [one for one in LANGUAGES if chosen.language in (None, one)]
    recorded_from = portal_key()
    PLACE.mkdir(parents=True, exist_ok=True)
    (PLACE / STAMP).unlink(missing_ok=True)
    try:
        found = run(videos(stories, languages, PLACE))
    except PromptError as error:
        raise PartError(str(error)) from error
    print(sizes(PLACE, found))
    if long := [name for name, lasts in found.items() if lasts > LONGEST]:
        print(f"longer than {LONGEST:g} s: {', '.join(long)}", file=sys.stderr)
        return 1
    if len(stories) == len(STORIES) and len(languages) == len(LANGUAGES):
        (PLACE / STAMP).write_text(recorded_from + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(command(main))
