"""How long a sound is, and several as one, told from their bytes without a decoder."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from dfai_core.media import Unread
from dfai_core.media.wav import wav_in

__all__ = ["duration_s", "joined"]


def duration_s(data: bytes, coding: str) -> float:
    """Seconds that a file of *coding* ("wav", "mp3", "ogg") is heard.

    Raises
    ------
    ValueError
        It is no such file.
    """
    return _DURATIONS[coding](data)


def joined(files: Sequence[bytes], coding: str) -> bytes:
    """One file of *coding* in which all are heard in turn."""
    return files[0] if len(files) == 1 else _JOINS[coding](files)


# ---- WAV ----------------------------------------------------------------------------------------------------------


def _wav_duration_s(data: bytes) -> float:
    try:
        return wav_in(data).duration_s
    except Unread as error:
        raise ValueError(error.message) from None


def _joined_wavs(files: Sequence[bytes]) -> bytes:
    """The samples of all behind the header of the first, which then says how many there are."""
    wavs = [wav_in(data) for data in files]
    if len({(wav.coding, wav.bits, wav.channels, wav.rate_hz) for wav in wavs}) > 1:
        raise ValueError("the parts of a sound are of different kinds")
    size = sum(wav.size_bytes for wav in wavs)
    head = bytearray(files[0][: wavs[0].start])
    head[4:8] = (len(head) - 8 + size + size % 2).to_bytes(4, "little")
    head[-4:] = size.to_bytes(4, "little")
    samples = (memoryview(data)[wav.start : wav.start + wav.size_bytes] for data, wav in zip(files, wavs, strict=True))
    return b"".join((bytes(head), *samples, b"\0" * (size % 2)))


# ---- MP3 ----------------------------------------------------------------------------------------------------------

# Source: ISO/IEC 11172-3 and 13818-3, the header of a frame: kilobits a second of layer III, samples a second.
_KILOBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_SIDE_BYTES = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}
_NO_MP3 = "not an MP3 file"


def _mp3_frames(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Each frame: where it begins, its bytes, its samples, their rate. Tags around them are passed over."""
    at = 0
    if data[:3] == b"ID3":
        sizes = data[6:10]
        at = 10 + (sizes[0] << 21 | sizes[1] << 14 | sizes[2] << 7 | sizes[3])
    end = len(data) - (128 if data[-128:-125] == b"TAG" else 0)
    while at + 4 <= end:
        version = data[at + 1] >> 3 & 3
        bits, rate = data[at + 2] >> 4, data[at + 2] >> 2 & 3
        if data[at] != 0xFF or data[at + 1] & 0xE6 != 0xE2 or version == 1 or bits in (0, 15) or rate == 3:
            raise ValueError(_NO_MP3)
        rate_hz = _RATES_HZ[version][rate]
        samples = 1_152 if version == 3 else 576
        size = samples // 8 * _KILOBITS[3 if version == 3 else 2][bits] * 1_000 // rate_hz + (data[at + 2] >> 1 & 1)
        yield at, size, samples, rate_hz
        at += size


def _trim(data: bytes, at: int) -> int | None:
    """Samples that encoders say are not part of the sound, where the frame *at* holds such a note instead of sound."""
    mono = data[at + 3] >> 6 == 3
    note = at + 4 + _SIDE_BYTES[data[at + 1] >> 3 & 3 == 3, mono]
    if data[note : note + 4] not in (b"Xing", b"Info"):
        return None
    flags = data[note + 7]
    lame = note + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    if data[lame : lame + 3] not in (b"LAM", b"Lav"):
        return 0
    packed = int.from_bytes(data[lame + 21 : lame + 24], "big")
    return (packed >> 12) + (packed & 0xFFF)


def _mp3_duration_s(data: bytes) -> float:
    total, trim, rate = 0, 0, 0
    for number, (at, _, samples, rate_hz) in enumerate(_mp3_frames(data)):
        noted = None if number else _trim(data, at)
        rate = rate_hz
        if noted is None:
            total += samples
        else:
            trim = noted
    if not rate:
        raise ValueError(_NO_MP3)
    return max(0, total - trim) / rate


def _joined_mp3s(files: Sequence[bytes]) -> bytes:
    """The frames of all; what stands before and behind them, and notes on one file's length, are left out."""
    frames = []
    for data in files:
        for number, (at, size, _, _) in enumerate(_mp3_frames(data)):
            if number or _trim(data, at) is None:
                frames.append(data[at : at + size])
    return b"".join(frames)


# ---- Ogg ----------------------------------------------------------------------------------------------------------

# Source: RFC 3533 (pages), RFC 7845 (Opus in Ogg: 48,000 samples a second, of which the first are skipped).
_OPUS_HZ = 48_000
_BEGINS = 2
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_NO_OGG = "not an Ogg file of Opus"


def _pages(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each page begins and ends."""
    at = 0
    while at < len(data):
        count = data[at + 26] if at + 27 <= len(data) else 0
        end = at + 27 + count + sum(data[at + 27 : at + 27 + count])
        if data[at : at + 4] != b"OggS" or end > len(data):
            raise ValueError(_NO_OGG)
        yield at, end
        at = end


def _ogg_duration_s(data: bytes) -> float:
    """The last position of each stream in the chain, less what it skips."""
    total, last, skip, begun = 0, 0, 0, False
    for at, end in _pages(data):
        if data[at + 5] & _BEGINS:
            head = at + 27 + data[at + 26]
            if data[head : head + 8] != b"OpusHead" or end - head < 19:
                raise ValueError(_NO_OGG)
            total += max(0, last - skip)
            last, skip, begun = 0, int.from_bytes(data[head + 10 : head + 12], "little"), True
        position = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
        last = max(last, position)  # -1: no packet ends on this page
    if not begun:
        raise ValueError(_NO_OGG)
    return (total + max(0, last - skip)) / _OPUS_HZ


def _joined_oggs(files: Sequence[bytes]) -> bytes:
    """A chain; streams in it need numbers of their own."""
    taken: set[bytes] = set()
    chained = []
    for data in files:
        numbers: dict[bytes, bytes] = {}
        for at, end in _pages(data):
            number = data[at + 14 : at + 18]
            if data[at + 5] & _BEGINS:
                free = number
                while free in taken:
                    free = ((int.from_bytes(free, "little") + 1) % 2**32).to_bytes(4, "little")
                numbers[number] = free
                taken.add(free)
            chained.append(_renumbered(data[at:end], numbers.get(number, number)))
    return b"".join(chained)


def _renumbered(page: bytes, number: bytes) -> bytes:
    if page[14:18] == number:
        return page
    bare = page[:14] + number + page[18:22] + bytes(4) + page[26:]
    return bare[:22] + _checksum(bare).to_bytes(4, "little") + bare[26:]


def _checksum(page: bytes) -> int:
    """Ogg's checksum: zlib's polynomial over bits in the other order, begun and ended with zero."""
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "big").translate(_REVERSED)[::-1], "big")


_DURATIONS = {"wav": _wav_duration_s, "mp3": _mp3_duration_s, "ogg": _ogg_duration_s}
_JOINS = {"wav": _joined_wavs, "mp3": _joined_mp3s, "ogg": _joined_oggs}
