"""Chunks of WAV files: those behind odd ones, those that are cut short, and those whose length nobody knew."""

from __future__ import annotations

import struct

import pytest

from dfai_engine.riff import chunks, is_wav


def wav(*parts: tuple[bytes, int, bytes]) -> bytes:
    """Chunks of a name, the length that they tell, and what they hold."""
    return b"RIFF\0\0\0\0WAVE" + b"".join(name + struct.pack("<I", told) + held for name, told, held in parts)


def test_chunks_stand_behind_each_other_and_odd_ones_are_padded() -> None:
    data = wav((b"note", 3, b"odd\0"), (b"data", 4, b"1234"))

    assert is_wav(data)
    assert [(chunk.name, data[chunk.at : chunk.at + chunk.size_bytes]) for chunk in chunks(data)] == [
        (b"note", b"odd"),
        (b"data", b"1234"),
    ]


@pytest.mark.parametrize(
    ("told", "whole", "size_bytes"),
    [(4, True, 4), (6, False, 4), (0, True, 4), (0x7FFF_F000, True, 4), (0xFFFF_FFFF, True, 4), (2, True, 2)],
)
def test_a_chunk_is_as_long_as_it_says_or_reaches_to_the_end_where_nobody_knew(
    told: int, whole: bool, size_bytes: int
) -> None:
    (chunk, *_) = chunks(wav((b"data", told, b"1234")))

    assert (chunk.is_whole, chunk.size_bytes) == (whole, size_bytes)
