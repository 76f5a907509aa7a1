"""Sounds as inputs: whatever a row holds becomes what a service takes, or costs that row alone."""

from __future__ import annotations

import io
import struct
import sys
import wave
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sounds
from dfai_core.loop import loop_thread
from dfai_core.media import SOUND, AsItIs, AsWav, Content, Reader, Room, Unread, arrow_media, media_references
from dfai_core.media.sound import as_wav
from dfai_core.media.wav import samples_in, wav_in, wav_of
from sounds import encoded, hum, pitch_hz, wav

EVERY = tuple(form.name for form in SOUND.formats)
MAX_S = 5.0


def read(value: Any, rate_hz: int | None = None, max_bytes: int = 10_000_000) -> Content | Unread:
    """What *value*, or a row of Arrow's, leads to, or why it leads nowhere."""
    column = value if isinstance(value, pa.Array) else arrow_media([value])
    (reference,) = media_references(column, samples=True).rows
    assert reference is not None
    room = Room(max_bytes, EVERY, "a test")
    reader = Reader(SOUND, room, timeout_s=60.0, allow_private=False, convert=AsWav(MAX_S, "a test"))
    try:
        found = loop_thread().run(reader.read(reference, "worker", rate_hz))
    except Unread as error:
        return error
    assert isinstance(found, Content)
    return found


def heard(value: Any, rate_hz: int | None = None) -> np.ndarray[Any, Any]:
    """The samples that are sent, told by the standard library."""
    found = read(value, rate_hz)
    assert isinstance(found, Content), found
    return sounds.samples_in(found.data)


def code(value: Any, rate_hz: int | None = None) -> str:
    found = read(value, rate_hz)
    assert isinstance(found, Unread)
    assert found.message
    return found.code


@pytest.mark.parametrize("form", ["mp3", "flac", "ogg", "mp4", "webm", "adts"])
def test_files_of_every_kind_are_heard(form: str) -> None:
    samples = heard(encoded(hum(1.0, 48_000), form))

    assert len(samples) == pytest.approx(16_000, abs=1_600)
    assert pitch_hz(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples).max() == pytest.approx(16_384, rel=0.2)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
def test_arrays_of_every_kind_are_heard(dtype: str, channels: int, rate_hz: int) -> None:
    scale = {"int16": 32_767, "int32": 2**31 - 1}.get(dtype, 1.0)
    array = np.repeat((hum(0.5, rate_hz) * scale).astype(dtype)[:, None], channels, axis=1)
    samples = heard(array if channels > 1 else array[:, 0], rate_hz)

    assert len(samples) == 8_000
    assert pitch_hz(samples) == pytest.approx(440, abs=3)
    assert np.abs(samples).max() == pytest.approx(16_384, rel=0.05)


def test_one_sound_is_the_same_however_it_is_given() -> None:
    tone = np.round(hum(0.25) * 32_767).astype(np.int16)
    structs = pa.array([{"array": (tone / 32_768).tolist(), "sampling_rate": 16_000, "path": None}])
    ways: list[tuple[Any, int | None]] = [
        (wav_of(tone, 16_000), None),
        (wav_of(np.stack([tone, tone], axis=1), 16_000), None),
        (tone, 16_000),
        (tone.tolist(), 16_000),
        ({"array": tone, "sampling_rate": 16_000}, None),
        ({"bytes": wav_of(tone, 16_000), "path": "a.wav"}, None),
        (pa.array([tone]), 16_000),
        (pa.array([[[sample, sample] for sample in tone.tolist()]], pa.list_(pa.list_(pa.int32(), 2))), 16_000),
        (structs, None),
    ]
    found = [heard(value, rate_hz) for value, rate_hz in ways[:7]] + [heard(*ways[8])]

    assert all(np.array_equal(tone, samples) for samples in found)
    assert not heard(*ways[7]).any()  # as 32 bits these are all but silent


def test_a_wav_that_is_right_already_is_sent_as_it_is() -> None:
    given = wav(hum(0.25))
    found = read(given)

    assert isinstance(found, Content)
    assert found.data is given or found.data == given
    assert found.type == "audio/wav"


def test_what_was_given_tells_contents_apart() -> None:
    tone = (hum(0.1) * 32_767).astype(np.int16)

    assert read(tone, 16_000) == read(tone.copy(), 16_000) == read(pa.array([tone]), 16_000)
    assert read(tone, 16_000) != read(tone, 8_000)
    assert read(wav(hum(0.1))) == read(wav(hum(0.1)))


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.integers(1, 3), st.sampled_from([1, 2, 3, 4]), st.integers(1, 400), st.randoms(use_true_random=False))
def test_wav_files_are_read_as_others_write_them(channels: int, width: int, frames: int, dice: Any) -> None:
    data = dice.randbytes(channels * width * frames)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(22_050)
        writer.writeframes(data)
    found = wav_in(file.getvalue())
    samples = samples_in(file.getvalue(), found)

    assert (found.rate_hz, samples.shape) == (22_050, (frames, channels))
    number = int.from_bytes(data[-width:], "little", signed=width > 1) - (128 if width == 1 else 0)
    assert samples[-1, -1] == number * {1: 256, 3: 256}.get(width, 1)


WHOLE = wav(hum(0.5))
WRONG: dict[str, tuple[Any, str]] = {
    "cut": (WHOLE[:-100], "unreadable"),
    "cut in its head": (WHOLE[:30], "unreadable"),
    "without samples": (wav(hum(0.0)), "empty"),
    "of a rate that nothing has": (WHOLE[:24] + b"\xff" * 4 + WHOLE[28:], "unreadable"),
    "of more channels than samples": (WHOLE[:22] + b"\xff" * 2 + WHOLE[24:], "unreadable"),
    "nonsense behind a head": (WHOLE[:12] + bytes(500), "unreadable"),
    "a cut FLAC": (encoded(hum(4.0, 48_000), "flac")[:20_000], "unreadable"),
    "an Ogg of noise": (b"OggS" + bytes(range(256)) * 20, "unreadable"),
    "an MP4 of nothing": (b"\x00\x00\x00\x18ftypM4A " + bytes(200), "unreadable"),
    "a text": (b"hello world", "unreadable"),
    "too long": (wav(hum(MAX_S + 0.1)), "too_large"),
    "too long and packed": (encoded(np.zeros(48_000 * 20), "flac"), "too_large"),
    "no rate": (np.zeros(100), "unsupported"),
    "too loud": ({"array": np.full(100, 900.0), "sampling_rate": 8_000}, "unsupported"),
    "no number": ({"array": np.full(100, np.nan), "sampling_rate": 8_000}, "unreadable"),
    "wide": ({"array": [40_000, 1], "sampling_rate": 8_000}, "unsupported"),
    "ragged": (pa.array([{"array": [[1.0, 0.0], [1.0]], "sampling_rate": 8_000}]), "unsupported"),
    "with a gap": (pa.array([{"array": [1.0, None], "sampling_rate": 8_000}]), "unsupported"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_heard_says_why(name: str) -> None:
    value, expected = WRONG[name]

    assert code(value) == expected


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.sampled_from(["mp3", "flac", "ogg", "mp4", "wav"]), st.randoms(use_true_random=False))
def test_damaged_files_break_nothing(form: str, dice: Any) -> None:
    data = bytearray(DAMAGED[form])
    for _ in range(dice.randrange(1, 30)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    with suppress(Unread):
        found = as_wav(bytes(data[: dice.randrange(1, len(data) + 1)]), _form(form), max_s=MAX_S)

        assert wav_in(found).duration_s <= MAX_S


DAMAGED = {form: encoded(hum(0.3, 48_000), form) for form in ("mp3", "flac", "ogg", "mp4")} | {"wav": WHOLE}


def _form(name: str) -> Any:
    wanted = {"mp4": "M4A"}.get(name, name.upper())
    return next(form for form in SOUND.formats if form.name == wanted)


def test_a_header_written_before_the_end_was_known_is_no_lie() -> None:
    streamed = bytearray(WHOLE)
    streamed[40:44] = struct.pack("<I", 0xFFFFFFFF)

    assert np.array_equal(heard(bytes(streamed)), heard(WHOLE))


def test_arrays_on_their_side_and_other_things_are_told_so() -> None:
    values = [np.zeros((2, 900)), ["a"], {"a": 1}, np.zeros(3, bool), np.zeros((0, 2)), []]
    found = media_references(arrow_media(values), samples=True)

    assert "array.T" in found.wrong[0]
    assert set(found.wrong) == {0, 1, 2, 3}
    assert found.empty == {4, 5}


def test_without_a_decoder_plain_sounds_are_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)

    assert len(heard(wav(np.stack([hum(0.5)] * 2, axis=1)))) == 8_000
    found = read(encoded_flac())
    assert isinstance(found, Unread)
    assert 'pip install "dfai[audio]"' in found.message


def test_a_file_that_is_sent_as_it_is_has_been_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    look = AsItIs(frozenset({"WAV", "FLAC", "MP3"}), 200_000, 3.0, 60.0, "a test")
    for form in ("flac", "mp3"):
        data = encoded(hum(2.0, 48_000), form)
        made = look(data, _form(form))

        assert made.data is data
        assert made.type == _form(form).type
        assert made.duration_s == pytest.approx(2.0, abs=0.1)
    longer, larger, other = hum(4.0, 48_000), hum(2.5, 48_000), hum(1.0, 48_000)
    for data, name in ((encoded(longer, "flac"), "flac"), (wav(larger, 48_000), "wav"), (encoded(other, "mp4"), "mp4")):
        made = look(data, _form(name))

        assert (made.type, wav_in(made.data).rate_hz) == ("audio/wav", 16_000)
        assert made.duration_s == wav_in(made.data).duration_s
    with pytest.raises(Unread, match="cut short"):
        look(encoded(longer, "flac")[:20_000], _form("flac"))
    with pytest.raises(Unread, match="decoded"):
        look(b"fLaC" + bytes(400), _form("flac"))
    monkeypatch.setitem(sys.modules, "av", None)
    assert look(DAMAGED["flac"], _form("flac")) == (DAMAGED["flac"], "audio/flac", None)


def encoded_flac() -> bytes:
    return DAMAGED["flac"]
