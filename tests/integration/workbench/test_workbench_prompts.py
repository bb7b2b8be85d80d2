"""The prompts are spoken as Asterisk plays them: by espeak-ng and sox, from Debian's packages."""

import array
import wave
from pathlib import Path

from workbench.demo.tones import RATE
from workbench.release.prompts import speak_all


def test_a_prompt_is_a_telephones_wav_with_a_voice_in_it(tmp_path: Path) -> None:
    speak_all(tmp_path, {"recording": "This conference is being recorded."})
    with wave.open(str(tmp_path / "recording.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2)
        samples = array.array("h", sound.readframes(sound.getnframes()))
    assert 1 < len(samples) / RATE < 5
    assert 10_000 < max(samples) < 2**15 * 0.6, "6 dB below full scale"
