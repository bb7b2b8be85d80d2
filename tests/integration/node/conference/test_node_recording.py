"""Proves recording on the fly on the real Asterisk: keys in, tones in files, announcements, CDRs (C7)."""

import array
import asyncio
import json
import math
import os
import wave
from pathlib import Path
from typing import Any

import pytest

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.demo.tones import RATE, present
from workbench.parts.process import PartError, until

ALFA, BRAVO, CHARLIE = GROUP.values()


@pytest.fixture
def settings(tmp_path: Path) -> str:
    return f'[recording]\ndirectory = "{tmp_path}"\nmin_free_gigabytes = 0.001\nsweep = 0.5\n'


async def launch(parts: Stage, conference: int = 1) -> None:
    await parts.text("IC " + " ".join(GROUP.values()))
    await parts.usn.until_event("call joined", 20, len(EVERYBODY), conference=conference)


def files_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


async def played(parts: Stage, sound: str, times: int = 1) -> bool:
    log = parts.usn.asterisk.home / "log" / "messages.log"

    def so() -> bool:
        return log.read_text(errors="replace").count(f"Playing '{sound}") >= times

    return bool(await until(so, 5, 0.2))


async def holds(recording: Path, seconds: float = 1.5) -> bool:
    """It comes to hold so much; Asterisk writes each two seconds' worth at once."""

    def so() -> bool:
        return recording.exists() and recording.stat().st_size > 2 * RATE * seconds

    return bool(await until(so, 10, 0.2))


def tones_in(parts: Stage, file: Path, start: float = 0.0, seconds: float | None = None) -> set[str]:
    """Whose tones are in that part of the file."""
    with wave.open(str(file)) as recording:
        assert (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) == (RATE, 1, 2)
        samples = array.array("h")
        samples.frombytes(recording.readframes(recording.getnframes()))
    end = None if seconds is None else int((start + seconds) * RATE)
    found = present(samples[int(start * RATE) : end], list(parts.tones.values()))
    return {number for number, tone in parts.tones.items() if tone in found}


def recordings(parts: Stage) -> list[dict[str, Any]]:
    return [json.loads(line) for line in parts.usn.command("recording", "list", "--json").splitlines()]


async def test_two_parts_are_two_files_and_who_was_there_is_recorded(settings: str, tmp_path: Path) -> None:
    async with stage(settings) as parts:
        await launch(parts)
        await parts.switch.press(ALFA, "*8")  # not the subscriber: nothing
        await parts.switch.hang_up(CHARLIE)  # before the first part
        await parts.usn.until_event("call ended", 5, number=CHARLIE)
        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording running", 5, part=1)
        assert await played(parts, "conf-now-recording")
        await asyncio.sleep(2)
        await parts.switch.hang_up(BRAVO)
        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording closed", 5, part=1)
        assert await played(parts, "descending-2tone")

        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording running", 5, part=2)
        parts.usn.process.kill()
        assert await holds(tmp_path / "c1-2.wav"), "recorded on without usnd"
        await parts.usn.start_daemon()
        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording closed", 5, part=2)
        assert parts.usn.count("recording ordered") == 2

        assert files_in(tmp_path) == ["c1-1.wav", "c1-2.wav"]
        assert tones_in(parts, tmp_path / "c1-1.wav", 0.2, 1.0) == {SUBSCRIBER, ALFA, BRAVO}
        assert tones_in(parts, tmp_path / "c1-2.wav", 0.2, 1.0) == {SUBSCRIBER, ALFA}

        assert await until(lambda: all(one["octets"] for one in recordings(parts)), 6, 0.5)
        first, second = recordings(parts)
        assert first["seconds"] > 2 * 0.9
        closed = [(one["subscriber"], one["recording"], one["state"]) for one in (first, second)]
        assert closed == [(SUBSCRIBER, "1-1", "closed"), (SUBSCRIBER, "1-2", "closed")]
        assert first["octets"] == (tmp_path / "c1-1.wav").stat().st_size
        copy = tmp_path / "copy.wav"
        parts.usn.command("subscriber", "add", ALFA)
        with pytest.raises(PartError, match="has no recording"):
            parts.usn.command("recording", "export", "1-1", str(copy), "--subscriber", ALFA)
        parts.usn.command("recording", "export", "1-1", str(copy), "--subscriber", SUBSCRIBER)
        assert copy.read_bytes() == (tmp_path / "c1-1.wav").read_bytes()
        await parts.switch.press(SUBSCRIBER, "**")
        await parts.usn.until_event("conference ended", 20)
        recorded = {cdr["dnis"]: cdr["recorded"] for cdr in parts.usn.cdrs()}
        assert recorded == {SUBSCRIBER: True, ALFA: True, BRAVO: True, CHARLIE: False}


async def test_it_ends_with_the_room_and_with_asterisk(settings: str, tmp_path: Path) -> None:
    (tmp_path / "c9-1.wav").write_bytes(b"x")
    os.utime(tmp_path / "c9-1.wav", (0, 0))  # of a lost database
    (tmp_path / "notes.txt").write_text("not ours")
    async with stage(settings) as parts:
        await launch(parts)
        assert await until(lambda: not (tmp_path / "c9-1.wav").exists(), 5)
        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording running", 5, part=1)
        # Everybody leaves while usnd is dead: Asterisk itself ends the recorder.
        parts.usn.process.kill()
        for number in EVERYBODY.values():
            await parts.switch.hang_up(number)
        for _ in range(300):
            if "rec-c1" not in (shown := await parts.usn.asterisk.cli("core show channels concise")):
                break
            await asyncio.sleep(0.1)
        assert "rec-c1" not in shown
        await parts.usn.start_daemon()
        await parts.usn.until_event("conference ended", 10, conference=1)
        await parts.usn.until_event("recording closed", 10, conference=1, part=1)
        await parts.usn.until_event("recording measured", 30, recording="1-1")

        await launch(parts, 2)
        await parts.switch.press(SUBSCRIBER, "*8")
        await parts.usn.until_event("recording running", 5, conference=2)
        assert await holds(tmp_path / "c2-1.wav")
        parts.usn.asterisk.kill()
        await parts.usn.until_event("conference ended", 10, conference=2)
        await parts.usn.until_event("recording closed", 10, conference=2, part=1)
        await parts.usn.until_event("recording measured", 30, recording="2-1")
        closed = recordings(parts)
        assert [one["state"] for one in closed] == ["closed", "closed"]
        assert tones_in(parts, tmp_path / "c2-1.wav", 0.2, 0.5) == set(EVERYBODY.values()), "header mended"
        assert {cdr["recorded"] for cdr in parts.usn.cdrs()} == {True}
    assert (tmp_path / "notes.txt").exists()


async def test_a_full_disk_hinders_the_recording_and_not_the_conference(tmp_path: Path) -> None:
    full = f'[recording]\ndirectory = "{tmp_path}"\nmin_free_gigabytes = 1000000\n'
    own = tmp_path / "not-recorded.wav"
    silence(own)
    async with stage(f'{full}[voice]\nprompts = ["/nowhere", "{tmp_path}"]\n') as parts:
        await launch(parts)
        await parts.switch.press(SUBSCRIBER, "*8")
        told = await parts.smsc.next_text(SUBSCRIBER, 10)
        assert "not recorded" in told.body
        assert await played(parts, f"{own.with_suffix('')}.slin"), "the operator's own prompt"
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert [one["state"] for one in recordings(parts)] == ["failed"]

        # What is meant for one is heard by that one.
        before = {number: len(parts.switch.heard(number)) for number in EVERYBODY.values()}
        await parts.switch.press(ALFA, "*6")
        assert await played(parts, "conf-muted")
        longest = max(before.values()) + 3 * RATE
        assert await until(lambda: min(len(parts.switch.heard(one)) for one in before) > longest, 10, 0.5)
        loud = {number: voice(parts.switch.heard(number)[before[number] :]) for number in EVERYBODY.values()}
        assert loud.pop(ALFA) > 4 * max(loud.values())


def silence(file: Path) -> None:
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(bytes(RATE))


def voice(samples: "array.array[int]") -> float:
    """How much is heard below the tones: eight samples averaged let little of them through."""
    low = [sum(samples[at : at + 8]) / 8 for at in range(0, len(samples) - 8, 4)]
    return math.sqrt(sum(value * value for value in low) / len(low))
