"""Sound files of every format, whole and broken: heard, or refused in a sentence, and never more than is due."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import sounds as made

av = pytest.importorskip("av", reason='needs pip install "dfai[speech]"')
from dfai_engine.speech import sounds  # noqa: E402
from dfai_engine.speech.sounds import NotASound  # noqa: E402

FORMS = ("wav", "flac", "ogg", "mp3", "mp4", "webm", "adts")
SECONDS = 1.5


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    tone = made.hum(SECONDS, 48_000)
    return {form: made.wav(tone, 48_000) if form == "wav" else made.encoded(tone, form) for form in FORMS}


@contextmanager
def peak_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def header(rate_hz: int, size: int, channels: int = 1) -> bytes:
    """The beginning of a WAV file of 16 bits."""
    each = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, (rate_hz * each) % 2**32, each, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", size)
    )


@pytest.mark.parametrize("form", FORMS)
def test_every_format_and_rate_becomes_the_same_sound(files: dict[str, bytes], form: str) -> None:
    found = sounds.read(files[form], max_seconds=60)
    middle = found.samples[0, 8_000:16_000].astype(float)
    loudest_hz = np.argmax(np.abs(np.fft.rfft(middle))) * 2

    assert found.seconds == pytest.approx(SECONDS, abs=0.1)
    assert found.samples.shape[0] == 1
    assert loudest_hz == pytest.approx(440, abs=2)
    assert np.abs(middle).max() / 32_768 == pytest.approx(0.5, abs=0.05)


def test_channels_are_mixed_or_kept_apart() -> None:
    left, right = made.hum(1.0), np.zeros(16_000)
    file = made.wav(np.stack((left, right), axis=1))
    mixed = sounds.read(file, max_seconds=60)
    both = sounds.read(file, max_seconds=60, channels=(1, 0, 5))

    assert mixed.channels == ()
    assert np.abs(mixed.samples).max() / 32_768 == pytest.approx(0.25, abs=0.01)
    assert both.channels == (1, 0)
    assert np.abs(both.samples[0]).max() == 0
    assert np.abs(both.samples[1]).max() / 32_768 == pytest.approx(0.5, abs=0.01)
    with pytest.raises(NotASound, match="2 channels; none of those"):
        sounds.read(file, max_seconds=60, channels=(2,))


def test_a_small_file_of_long_silence_costs_little() -> None:
    minutes = made.encoded(np.zeros(48_000 * 150), "flac")

    assert len(minutes) < 40_000
    with peak_below(8_000_000), pytest.raises(NotASound, match="longer than 60 seconds") as caught:
        sounds.read(minutes, max_seconds=60)
    assert caught.value.reason == "too long"


def test_a_file_of_one_sample_a_second_costs_little() -> None:
    with peak_below(8_000_000), pytest.raises(NotASound, match="longer than"):
        sounds.read(header(1, 1_000_000) + bytes(1_000_000), max_seconds=60)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_is_heard_or_refused(files: dict[str, bytes], form: str) -> None:
    whole = files[form]
    reasons = set()
    for size in range(0, len(whole), 1_024 if len(whole) < 50_000 else 8_192):
        try:
            assert sounds.read(whole[:size], max_seconds=60).seconds <= SECONDS + 0.1
        except NotASound as fault:
            reasons.add(fault.reason)

    assert "empty" in reasons
    # What says how long it is, is not heard as if it were whole.
    if form in ("wav", "flac", "webm"):
        assert "cut short" in reasons


@pytest.mark.parametrize("form", FORMS)
def test_a_file_with_flipped_bits_is_heard_or_refused(files: dict[str, bytes], form: str) -> None:
    draw = random.Random(form)
    outcomes = []
    for number in range(60):
        damaged = bytearray(files[form])
        for _ in range(draw.choice((1, 4, 30))):
            damaged[draw.randrange(len(damaged) if number % 2 else 400)] ^= 1 << draw.randrange(8)
        try:
            outcomes.append(sounds.read(bytes(damaged), max_seconds=60).seconds <= 61)
        except NotASound as fault:
            outcomes.append(bool(str(fault)))

    assert all(outcomes)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<html>not found</html>", "format"),
        (b"#EXTM3U\n#EXTINF:5,\nfile:///etc/hosts\n", "format"),
        (b"ffconcat version 1.0\nfile '/etc/hosts'\n", "format"),
        (header(16_000, 0), "empty"),
        (header(16_000, 32_000) + bytes(100), "cut short"),
        (header(16_000, 32_000)[:30], "damaged"),
        (header(16_000, 32_000, channels=40) + bytes(32_000), "channels"),
    ],
)
def test_what_is_no_sound_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(NotASound) as caught:
        sounds.read(data, max_seconds=60)
    assert caught.value.reason == reason


def test_a_sound_of_unknown_length_is_read_to_its_end() -> None:
    file = header(16_000, 0xFFFF_FFFF - 36) + made.wav(made.hum(1.0))[44:]

    assert sounds.read(file, max_seconds=60).seconds == 1.0


def test_a_film_without_sound_has_none() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))

    with pytest.raises(NotASound, match="no audio"):
        sounds.read(file.getvalue(), max_seconds=60)
