"""A training video is recorded from the portal, and then played on its help page, by nginx, in Chromium."""

import json
from pathlib import Path

import pytest
from playwright.async_api import expect
from portal.ground import Ground

from workbench.videos.cutting import Cutter, lengths
from workbench.videos.ffmpeg import Ffmpeg
from workbench.videos.recorder import HEIGHT, WIDTH, Recorder
from workbench.videos.storyboard import Open, Press, Story, Write, step

pytestmark = pytest.mark.asyncio(loop_scope="module")
STORY = Story(
    "recordings",
    (
        step("Look.", "Schau.", Open("/users"), Write("#q", "alfa")),
        step("Press.", "Drücke.", Press("main form button")),
    ),
)
PLAYED = """async () => {
  const video = document.querySelector("video");
  const once = (what, of = video) => new Promise((done, fail) => {
    of.addEventListener(what, done, { once: true });
    video.addEventListener("error", () => fail(video.error?.message ?? "error"), { once: true });
  });
  const track = video.textTracks[0];
  const shown = track.mode;
  track.mode = "hidden";
  video.muted = true;
  video.load();
  await once("loadedmetadata");
  while (!track.cues?.length) await new Promise((done) => setTimeout(done, 50));
  video.currentTime = video.duration / 2;
  await once("seeked");
  return { seconds: video.duration, at: video.currentTime, width: video.videoWidth, shown,
    said: [...track.cues].map((cue) => cue.text), ends: track.cues[track.cues.length - 1].endTime };
}"""


async def recorded(ground: Ground, place: Path, home: Path) -> float:
    cutter = Cutter()
    speech = cutter.spoken(STORY, "en", home)
    page = await ground.page(viewport={"width": WIDTH, "height": HEIGHT})
    await page.goto("/")
    recorder = Recorder(page, home)
    await recorder.start()
    takes = [await recorder.act(*each) for each in zip(STORY.steps, lengths(speech), strict=True)]
    await recorder.stop()
    assert page.url.endswith("/users?q=alfa")
    await page.context.close()
    return cutter.cut(STORY, "en", (takes, recorder.frames), speech, place)


async def test_a_video_is_recorded_and_the_help_page_plays_it(quiet: Ground, tmp_path: Path) -> None:
    place = quiet.front.videos
    assert place is not None
    page = await quiet.page()
    await page.goto("/help")
    await expect(page.locator("video")).to_have_count(0)

    lasts = await recorded(quiet, place, tmp_path)
    told = Ffmpeg().probe("-show_streams", "-of", "json", str(place / "recordings.en.webm"))
    streams = {one["codec_type"]: one["codec_name"] for one in json.loads(told)["streams"]}
    assert streams == {"video": "vp9", "audio": "opus"}

    await page.goto("/help")
    await expect(page.locator("video")).to_have_count(1)
    assert await page.locator("video").get_attribute("preload") == "none"
    played = await page.evaluate(PLAYED)
    assert played["said"] == ["Look.", "Press."]
    assert played["shown"] == "showing"
    assert played["width"] == WIDTH
    assert played["seconds"] == pytest.approx(lasts, abs=1.5)
    assert 0 < played["ends"] <= played["seconds"]
    assert played["at"] == pytest.approx(played["seconds"] / 2, abs=0.5)

    part = await page.request.get("/help/videos/recordings.en.webm", headers={"Range": "bytes=10-19"})
    assert (part.status, len(await part.body())) == (206, 10)
    assert part.headers["content-type"] == "video/webm"
    captions = await page.request.get("/help/videos/recordings.en.de.vtt")
    assert captions.headers["content-type"] == "text/vtt; charset=utf-8"
    assert "Schau." in await captions.text()
    assert (await page.request.get("/help/videos/recordings.fr.webm")).status == 404
    assert (await page.request.get("/help/videos/")).status in (403, 404)
    await page.context.close()
