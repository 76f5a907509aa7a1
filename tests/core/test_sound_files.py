"""Lengths of sounds and chains of them, told without a decoder, held against one."""

from __future__ import annotations

import io
import wave

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.services.speech.sound_files import duration_s, joined
from sounds import encoded, hum, pitch_hz

# Container and its options, by what a service may send: frames alone, or a file with notes about itself.
FILES = {
    "mp3": ("mp3", {"id3v2_version": "0", "write_xing": "0"}),
    "mp3 with notes": ("mp3", {"write_id3v1": "1"}),
    "ogg": ("ogg", {}),
    "ogg in short pages": ("ogg", {"page_duration": "60000"}),
}


def made(kind: str, rate_hz: int, frames: int, pitch_hz: float = 440.0) -> bytes:
    """A tone in a file of one *kind*."""
    form, options = FILES[kind]
    return encoded(hum(frames / rate_hz, rate_hz, pitch_hz), form, rate_hz, 32_000, options)


def decoded(data: bytes) -> np.ndarray:
    """The samples, and how many there are a second."""
    with av.open(io.BytesIO(data)) as file:
        frames = [frame.to_ndarray().reshape(-1).astype(float) for frame in file.decode(audio=0)]
        rate_hz = file.streams.audio[0].rate
    samples = np.concatenate(frames)
    return np.interp(np.arange(0, len(samples), rate_hz / 16_000), np.arange(len(samples)), samples)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(FILES)), st.sampled_from([16_000, 24_000, 48_000]), st.integers(600, 60_000))
def test_a_length_is_what_a_decoder_finds(kind: str, rate_hz: int, frames: int) -> None:
    data = made(kind, rate_hz, frames)
    found = duration_s(data, kind[:3])

    assert found == pytest.approx(len(decoded(data)) / 16_000, abs=0.007)  # a decoder may keep its start-up: 6.5 ms
    assert found == pytest.approx(frames / rate_hz, abs=0.13)  # the encoder's delay, and whole frames


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(FILES)), st.lists(st.integers(4_000, 40_000), min_size=2, max_size=4))
def test_sounds_that_are_joined_are_heard_in_turn(kind: str, lengths: list[int]) -> None:
    files = [made(kind, 24_000, frames, 300.0 * (place + 1)) for place, frames in enumerate(lengths)]
    whole = joined(files, kind[:3])
    heard = decoded(whole)

    assert duration_s(whole, kind[:3]) == pytest.approx(len(heard) / 16_000, abs=0.06)
    start = 0.0
    for place, data in enumerate(files):
        seconds = duration_s(joined([data, data], kind[:3]), kind[:3]) / 2
        middle = heard[int((start + 0.05) * 16_000) : int((start + seconds - 0.05) * 16_000)]
        start += seconds
        if len(middle) > 1_000:
            assert pitch_hz(middle) == pytest.approx(300.0 * (place + 1), abs=25)


def test_streams_of_one_number_get_numbers_of_their_own() -> None:
    one = made("ogg", 24_000, 24_000)
    chain = joined([one, one, one], "ogg")
    numbers = [chain[at + 14 : at + 18] for at in range(len(chain)) if chain[at : at + 4] == b"OggS"]

    assert len(set(numbers)) == 3
    assert len(decoded(chain)) / 16_000 == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("bits", [8, 16])
def test_samples_are_joined_behind_one_header(bits: int) -> None:
    files = [wav(bits, [number] * 5) for number in (1, 2)]
    with wave.open(io.BytesIO(joined(files, "wav"))) as whole:
        samples = np.frombuffer(whole.readframes(whole.getnframes()), "<i2" if bits == 16 else "u1")

    assert samples.tolist() == [1] * 5 + [2] * 5
    assert duration_s(joined(files, "wav"), "wav") == 10 / 8_000


def wav(bits: int, samples: list[int]) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setparams((1, bits // 8, 8_000, 0, "NONE", ""))
        file.writeframes(np.array(samples, "<i2" if bits == 16 else "u1").tobytes())
    return written.getvalue()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(["wav", "mp3", "ogg"]), st.binary(max_size=200), st.integers(0, 3))
def test_what_is_no_sound_is_a_value_error(coding: str, data: bytes, begin: int) -> None:
    head = (b"", b"RIFF\0\0\0\0WAVE", b"OggS\0\2", b"\xff\xf3\x48\xc4")[begin]
    try:
        found = duration_s(head + data, coding)
    except ValueError:
        return

    assert found >= 0
