"""Proves recording on the fly on the real Asterisk: keys in, tones in files, announcements, CDRs (C7)."""

import array
import asyncio
import json
import wave
from pathlib import Path

import pytest

from workbench.process import PartError, until
from workbench.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.tones import RATE, present

ALFA, BRAVO, CHARLIE = GROUP.values()


@pytest.fixture
def settings(tmp_path: Path) -> str:
    return f'[recording]\ndirectory = "{tmp_path}"\nmin_free_gigabytes = 0.001\nsweep = 0.5\n'


async def launch(parts: Stage) -> None:
    await parts.text("IC " + " ".join(GROUP.values()))
    await parts.usn.until_event("call joined", 20, len(EVERYBODY))


async def played(parts: Stage, sound: str, times: int = 1) -> bool:
    def so() -> bool:
        return parts.usn.asterisk.log(600).count(f"Playing '{sound}") // 2 >= times

    return bool(await until(so, 5, 0.2))


def tones_in(parts: Stage, file: Path, start: float = 0.0, seconds: float | None = None) -> set[str]:
    """Whose tones are in that part of the file."""
    with wave.open(str(file)) as recording:
        assert (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) == (RATE, 1, 2)
        samples = array.array("h")
        samples.frombytes(recording.readframes(recording.getnframes()))
    end = None if seconds is None else int((start + seconds) * RATE)
    found = present(samples[int(start * RATE) : end], list(parts.tones.values()))
    return {number for number, tone in parts.tones.items() if tone in found}


def recordings(parts: Stage) -> list[dict[str, object]]:
    return [json.loads(line) for line in parts.usn.command("recording", "list", "--json").splitlines()]


async def test_two_stretches_are_two_files_and_who_was_there_is_recorded(
    settings: str, tmp_path: Path
) -> None:
    async with stage(settings) as parts:
        await launch(parts)
        await parts.switch.press(ALFA, "*8")  # not the subscriber: nothing
        await parts.switch.hang_up(CHARLIE)  # before the first stretch
        await parts.usn.until_event("call ended", 5, number=CHARLIE)
        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording running", 5, stretch=1)
        assert await played(parts, "conf-now-recording")
        await asyncio.sleep(2)
        await parts.switch.hang_up(BRAVO)
        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording closed", 5, stretch=1)
        assert await played(parts, "descending-2tone")

        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording running", 5, stretch=2)
        parts.usn.process.kill()
        await asyncio.sleep(1.5)
        await parts.usn.start_daemon()
        await asyncio.sleep(0.5)
        assert (tmp_path / "c1-2.wav").stat().st_size > 2 * RATE, "recorded on without usnd"
        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording closed", 5, stretch=2)
        assert parts.usn.count("recording ordered") == 2

        assert sorted(path.name for path in tmp_path.iterdir()) == ["c1-1.wav", "c1-2.wav"]
        assert tones_in(parts, tmp_path / "c1-1.wav", 0.2, 1.0) == {SUBSCRIBER, ALFA, BRAVO}
        assert tones_in(parts, tmp_path / "c1-2.wav", 0.2, 1.0) == {SUBSCRIBER, ALFA}

        await parts.switch.press(SUBSCRIBER, "**")
        await parts.usn.until_event("conference ended", 20)
        recorded = {cdr["dnis"]: cdr["recorded"] for cdr in parts.usn.cdrs()}
        assert recorded == {SUBSCRIBER: True, ALFA: True, BRAVO: True, CHARLIE: False}
