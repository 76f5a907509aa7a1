"""What a voice is made of: sounds that are heard, sounds that are not, and how alike they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dfai_engine.failures import ServiceFailure
from dfai_engine.speaker.encoder import encode, unit
from dfai_engine.speaker.hearing import hear
from dfai_engine.speaker.similarity import ACCEPT, cosines, scores
from dfai_engine.speaker.spectra import mel_spectra
from dfai_engine.speaker.wav import samples_of
from engine.speaker.clips import clip, samples, wav

DICE = np.random.default_rng(3)
SECONDS = np.arange(3 * 16_000) / 16_000


def voice(sound: Any) -> Any:
    return unit(encode(hear(sound).speech).total)


def test_spectra_have_their_energy_where_a_tone_is() -> None:
    loud, quiet = (
        mel_spectra((level * np.sin(2 * np.pi * 1_000 * SECONDS)).astype(np.float32)) for level in (0.2, 0.1)
    )
    # On Slaney's scale of 42 corners up to 8 kHz: 1 kHz is mel 15, the corners are 1.102 mel apart.
    band = round(15 / ((15 + 27 * np.log(8) / np.log(6.4)) / 41)) - 1

    assert loud.shape == (301, 40)
    assert set(loud[2:-2].argmax(axis=1)) == {band}
    assert loud[100] == pytest.approx(4 * quiet[100], rel=1e-3)
    assert not mel_spectra(np.zeros(800, np.float32)).any()


def test_one_speakers_clips_are_more_alike_than_two_speakers() -> None:
    a, b = ([voice(samples(f"{who}_{number}")) for number in numbers] for who, numbers in (("a", "123"), ("b", "12")))
    same = [one @ other for one, other in ((a[0], a[1]), (a[0], a[2]), (a[1], a[2]), (b[0], b[1]))]
    different = [one @ other for one in a for other in b]
    found = scores(cosines(a[0], np.stack([a[1], b[0]])))

    # As they were measured: nothing in it depends on the machine.
    assert (min(same), max(different)) == (pytest.approx(0.82, abs=0.01), pytest.approx(0.69, abs=0.01))
    assert found[0] > ACCEPT > found[1]


def test_how_loud_a_voice_is_makes_no_difference() -> None:
    sound = samples("a_3")

    assert voice(sound) @ voice(sound * np.float32(0.05)) > 0.99


def test_a_steady_noise_takes_little_of_a_voice_away() -> None:
    sound = samples("a_3")
    noise = np.random.default_rng(5).normal(0, float(np.sqrt(np.mean(sound**2))) / 10, len(sound))

    assert voice((sound + noise).astype(np.float32)) @ voice(sound) > 0.9


@pytest.mark.parametrize(
    ("sound", "code"),
    [
        (np.zeros(48_000), "NoSpeech"),
        (DICE.normal(0, 0.1, 48_000), "NoSpeech"),
        (0.3 * np.sin(2 * np.pi * 440 * SECONDS), "NoSpeech"),
        (samples("a_1")[:12_000], "AudioTooShort"),
        (np.tile(samples("a_1"), 41), "AudioTooLong"),
        (np.clip(samples("a_1") * 200, -1, 32_767 / 32_768), "AudioClipped"),
        (samples("b_1") * 0.05 + DICE.normal(0, 0.006, len(samples("b_1"))), "AudioTooNoisy"),
    ],
    ids=["silence", "noise", "tone", "short", "long", "clipped", "noisy"],
)
def test_what_cannot_be_compared_is_refused_by_name(sound: Any, code: str) -> None:
    with pytest.raises(ServiceFailure) as refused:
        hear(sound.astype(np.float32))

    assert refused.value.code == code


def test_a_wav_file_is_read_sample_by_sample() -> None:
    sound = np.array([0, 0.5, -1, 32_767 / 32_768], np.float32)
    odd = wav(sound).replace(b"data", b"LIST\x03\x00\x00\x00abc\x00data")
    endless = wav(sound).replace(b"data\x08\x00\x00\x00", b"data\xff\xff\xff\xff")

    for file in (wav(sound), odd, endless):
        assert samples_of(file).tolist() == sound.tolist()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"OggS and so on", "not a WAV file"),
        (wav(np.zeros(800), rate_hz=8_000), "8,000 Hz"),
        (wav(np.zeros(800), channels=2), "2 channels"),
        (wav(np.zeros(800), coding=7), "coding 7"),
        (wav(np.zeros(800), bits=8), "8 bits"),
        (clip("a_1")[:20_000], "ends before its sound does"),
        (b"RIFF\x04\x00\x00\x00WAVE", "holds no sound"),
        (b"RIFF\x0c\x00\x00\x00WAVEdata\x00\x00\x00\x00", "does not say what it holds"),
    ],
)
def test_other_files_are_refused_with_what_they_hold(file: bytes, words: str) -> None:
    with pytest.raises(ServiceFailure, match=words) as refused:
        samples_of(file)

    assert refused.value.code == "InvalidAudioFormat"
