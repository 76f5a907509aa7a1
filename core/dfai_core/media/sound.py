"""Sounds as services want them: a WAV file of 16-bit samples, one channel, so many a second."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dfai_core.media.content import Unread
from dfai_core.media.formats import Converted, Format
from dfai_core.media.wav import WAV_HEAD_BYTES, is_wav, samples_in, wav_head, wav_in, wav_of

__all__ = ["AsItIs", "AsWav", "Sampled", "as_wav", "mono"]

RATE_HZ = 16_000
_WAV = "audio/wav"
_FULL = 32_768.0
# Samples as floats go from -1 to 1; a resampler oversteps by little. Beyond this they are whole numbers in disguise.
_LOUDEST = 2.0
_BLOCK_FRAMES = 1_000_000
# FFmpeg's names of what `formats.SOUND` knows. Named, so that no bytes choose a reader that would open what they name.
_READERS = {
    "WAV": "wav",
    "OGG": "ogg",
    "MP3": "mp3",
    "FLAC": "flac",
    "AAC": "aac",
    "M4A": "mov",
    "WEBM": "matroska",
    "AMR": "amr",
}
# Less than this share of what a file promises: it was cut.
_WHOLE = 0.95
_SLACK_S = 1.0


class Sampled(NamedTuple):
    """Samples, frames × channels, and how many frames there are a second."""

    array: np.ndarray[Any, Any]
    rate_hz: int


@dataclass(frozen=True, slots=True)
class AsWav:
    """Makes of any sound what `as_wav` does. It is `Media`'s hook."""

    max_s: float
    source: str  # of that limit
    rate_hz: int = RATE_HZ

    @property
    def name(self) -> str:
        """What is made of a sound: equal sounds under equal names are equal contents."""
        return f"wav 1 {self.rate_hz}"

    def __call__(self, sound: bytes | Sampled, form: Format | None) -> Converted:
        """The WAV file."""
        made = as_wav(sound, form, rate_hz=self.rate_hz, max_s=self.max_s, source=self.source)
        return Converted(made, _WAV, wav_in(made).duration_s)


@dataclass(frozen=True, slots=True)
class AsItIs:
    """Leaves a file as it is where the service takes its format and its size: packed, it is small.

    It is looked into all the same, without being decoded: what is no sound costs no request. What is too large, or too
    long for one request, or of another format, becomes what `AsWav` makes; samples become a WAV file at their own rate.
    """

    formats: frozenset[str]
    max_bytes: int
    whole_s: float  # as much as goes into one request
    max_s: float
    source: str  # of the last

    @property
    def name(self) -> str:
        """As in `AsWav`."""
        return "sound 1"

    def __call__(self, sound: bytes | Sampled, form: Format | None) -> Converted:
        """The file, or a WAV file."""
        if isinstance(sound, Sampled):
            length_s = len(sound.array) / sound.rate_hz
            if length_s <= self.whole_s and 2 * len(sound.array) <= self.max_bytes:
                return Converted(wav_of(mono(sound.array), sound.rate_hz), _WAV, length_s)
        elif form is not None and form.name in self.formats and len(sound) <= self.max_bytes:
            known_s = _length_s(sound, form)
            if known_s is None or known_s <= self.whole_s:
                return Converted(sound, form.type, known_s)
        return AsWav(self.max_s, self.source)(sound, form)


def as_wav(
    sound: bytes | Sampled, form: Format | None, *, rate_hz: int = RATE_HZ, max_s: float, source: str = ""
) -> bytes:
    """A WAV file of *sound*: int16, one channel, *rate_hz*. It blocks, and computes.

    A WAV file that is one already comes back as it is. Plain samples at the right rate take no decoder; all else takes
    PyAV. No more than *max_s* seconds are ever decoded.

    Raises
    ------
    Unread
        "empty", "unreadable", "too_large" for more than *max_s* seconds, "unsupported".
    """
    if isinstance(sound, bytes):
        wav = wav_in(sound) if is_wav(sound) else None
        if wav is None or not wav.plain:
            return _decoded(sound, form, rate_hz, max_s, source)
        if wav.duration_s > max_s:
            raise _too_long(max_s, source)
        if wav.exact and (wav.coding, wav.bits, wav.channels, wav.rate_hz) == (1, 16, 1, rate_hz):
            return sound
        sound = Sampled(samples_in(sound, wav), wav.rate_hz)
    elif len(sound.array) > max_s * sound.rate_hz:
        raise _too_long(max_s, source)
    samples = mono(sound.array)
    if sound.rate_hz != rate_hz:
        samples = _resampled(samples, sound.rate_hz, rate_hz)
    return wav_of(samples, rate_hz)


def mono(samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """*samples*, frames × channels, as int16 of one channel: the mean of all.

    Whole numbers are 16 bits wide, or those of int32 where they say so; floats go from -1 to 1.

    Raises
    ------
    Unread
        "unsupported" for numbers that cannot be meant so, "unreadable" for floats that are no numbers.

    >>> mono(np.array([[0.5, -0.5], [1.0, 1.0]])).tolist()
    [0, 32767]
    """
    made = np.empty(len(samples), np.int16)
    for start in range(0, len(samples), _BLOCK_FRAMES):
        block = samples[start : start + _BLOCK_FRAMES]
        made[start : start + len(block)] = _quantised(block)
    return made


def _quantised(block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if block.dtype == np.int16 and block.shape[1] == 1:
        only: np.ndarray[Any, Any] = block[:, 0]
        return only
    if block.dtype.kind == "f":
        if not np.isfinite(block).all():
            raise Unread("unreadable", "some samples are no numbers (NaN or infinite)")
        if np.abs(block).max() > _LOUDEST:
            raise Unread(
                "unsupported", "samples as floats go from -1 to 1, and these do not: give whole numbers as int16"
            )
        scaled = block.mean(axis=1, dtype=np.float64) * _FULL
    elif block.dtype == np.int32:
        scaled = block.mean(axis=1, dtype=np.float64) / 65_536.0
    else:
        if np.abs(block.astype(np.int64)).max() > _FULL:
            raise Unread(
                "unsupported", "whole numbers beyond 16 bits: give samples as int16, int32, or floats in [-1, 1]"
            )
        scaled = block.mean(axis=1, dtype=np.float64)
    whole: np.ndarray[Any, Any] = np.clip(np.rint(scaled), -_FULL, _FULL - 1).astype(np.int16)
    return whole


def _too_long(max_s: float, source: str) -> Unread:
    return Unread("too_large", f"longer than {max_s:,g} s{f' ({source})' if source else ''}: nothing was sent")


def _length_s(sound: bytes, form: Format) -> float | None:
    """How long a file is, without decoding it; None where PyAV would be needed, and is not here."""
    if form.name == "WAV":
        wav = wav_in(sound)
        if wav.plain:
            return wav.duration_s
    try:
        return _counted_s(sound, form)
    except Unread as error:
        if error.code == "unsupported":  # no PyAV: the service will tell
            return None
        raise


# ---- with PyAV ------------------------------------------------------------------------------------------------------


def _av(why: str) -> Any:
    try:
        import av
    except ImportError:
        raise Unread("unsupported", f'{why} takes a package that is not here: pip install "dfai[audio]"') from None
    return av


def _resampled(samples: np.ndarray[Any, Any], rate_hz: int, wanted_hz: int) -> np.ndarray[Any, Any]:
    """int16 of one channel at another rate."""
    av = _av(f"resampling from {rate_hz:,} Hz")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=wanted_hz)
    made: list[np.ndarray[Any, Any]] = []
    for start in range(0, len(samples), _BLOCK_FRAMES):
        block = np.ascontiguousarray(samples[start : start + _BLOCK_FRAMES])
        frame = av.AudioFrame.from_ndarray(block[None, :], format="s16", layout="mono")
        frame.sample_rate = rate_hz
        made += [one.to_ndarray()[0] for one in resampler.resample(frame)]
    made += [one.to_ndarray()[0] for one in resampler.resample(None)]
    return np.concatenate(made) if made else np.zeros(0, np.int16)


def _decoded(data: bytes, form: Format | None, rate_hz: int, max_s: float, source: str) -> bytes:
    """A WAV file of int16, one channel, out of any file that PyAV reads.

    It is written as it is decoded: an hour is 115 MB, and should not be there twice.
    """
    made = io.BytesIO(bytes(WAV_HEAD_BYTES))
    made.seek(WAV_HEAD_BYTES)
    frames = 0
    with _opened(data, form) as (av, container, stream):
        promised_s = _promised_s(stream)
        if promised_s > max_s + _SLACK_S:
            raise _too_long(max_s, source)
        for block in _blocks(av, container, stream, rate_hz):
            made.write(np.ascontiguousarray(block, "<i2").data)
            frames += len(block)
            if frames > max_s * rate_hz:
                raise _too_long(max_s, source)
    if not frames:
        raise Unread("unreadable", "there is no sound in it that can be decoded")
    _check_whole(promised_s, frames / rate_hz)
    made.seek(0)
    made.write(wav_head(2 * frames, rate_hz))
    return made.getvalue()


def _counted_s(data: bytes, form: Format) -> float:
    """How long a file is by the packets that it holds."""
    with _opened(data, form) as (_, container, stream):
        promised_s = _promised_s(stream)
        base = stream.time_base
        ticks = sum(packet.duration or 0 for packet in container.demux(stream) if packet.size)
        counted_s = float(ticks * base) if base else 0.0
    if counted_s:
        _check_whole(promised_s, counted_s)
    return counted_s or promised_s


@contextmanager
def _opened(data: bytes, form: Format | None) -> Iterator[tuple[Any, Any, Any]]:
    """PyAV, a file opened with it, and its first stream of sound."""
    name = form.name if form is not None else "WAV"
    av = _av(f"reading {name}")
    try:
        with av.open(io.BytesIO(data), format=_READERS[name], metadata_errors="ignore") as container:
            stream = next(iter(container.streams.audio), None)
            if stream is None:
                raise Unread("unreadable", "there is no sound in it")
            yield av, container, stream
    except (av.error.FFmpegError, ValueError) as error:  # the latter where a file changes its form on the way
        raise Unread("unreadable", f"it cannot be decoded ({type(error).__name__})") from None


def _promised_s(stream: Any) -> float:
    return float(stream.duration * stream.time_base) if stream.duration else 0.0


def _check_whole(promised_s: float, held_s: float) -> None:
    if held_s + _SLACK_S < _WHOLE * promised_s:
        raise Unread("unreadable", f"the file is cut short: it promises {promised_s:.1f} s, and holds {held_s:.1f} s")


def _blocks(av: Any, container: Any, stream: Any, rate_hz: int) -> Iterator[np.ndarray[Any, Any]]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:  # players skip what they cannot read: half a frame at the end, a tag
            continue
        for frame in frames:
            frame.pts = None
            yield from (one.to_ndarray()[0] for one in resampler.resample(frame))
    yield from (one.to_ndarray()[0] for one in resampler.resample(None))
