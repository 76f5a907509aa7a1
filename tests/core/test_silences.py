"""Long sounds are cut where it is quiet, and nothing of them is lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.media import Content
from dfai_core.media.silences import cut_in
from dfai_core.media.wav import samples_in, wav_in, wav_of
from dfai_core.services.speech.pieces import Pieces
from dfai_core.services.speech.wire import longer_s
from sounds import hum

RATE_HZ = 8_000


def content(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> Content:
    data = wav_of(samples, RATE_HZ)
    return Content(data, data, "audio/wav", len(samples) / RATE_HZ)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 3.0), st.sampled_from([0, 30, 12_000])), min_size=1, max_size=12),
    st.floats(0.5, 4.0),
    st.floats(0.05, 0.5),
    st.integers(0, 2**32 - 1),
)
def test_pieces_in_order_are_the_whole(parts: list[tuple[float, int]], most_s: float, look_s: float, seed: int) -> None:
    noise = np.random.default_rng(seed)
    loud = [noise.integers(-peak - 1, peak + 1, round(length_s * RATE_HZ)) for length_s, peak in parts]
    samples = np.concatenate(loud).astype(np.int16)
    sound, pieces = content(samples), Pieces(most_s, look_s)
    cut = [pieces.piece(sound, number) for number in range(pieces.count(sound))]
    found = [samples_in(data, wav_in(data))[:, 0] for data in cut]

    assert np.array_equal(np.concatenate(found), samples)
    assert all(len(piece) <= most_s * RATE_HZ for piece in found)
    assert all(len(piece) > (most_s - look_s) * RATE_HZ - 1 for piece in found[:-1])
    starts = [0, *np.cumsum([len(piece) for piece in found[:-1]])]
    assert pieces.starts_s(sound) == [start / RATE_HZ for start in starts]
    assert not pieces.has(sound, len(cut))


def test_a_cut_is_in_the_last_pause_and_in_no_word() -> None:
    sound = np.concatenate([hum(1.0), np.zeros(8_000), hum(1.0), np.zeros(8_000), hum(0.1), np.zeros(1_000), hum(1.0)])
    place = cut_in((sound * 30_000).astype(np.int16), 16_000)

    assert 2.5 < place / 16_000 < 3.0


def test_in_noise_a_cut_is_where_there_is_least_of_it() -> None:
    noise = np.random.default_rng(5).normal(0, 3_000, 64_000)
    noise[20_000:26_000] /= 4

    assert 20_000 < cut_in(noise.astype(np.int16), 16_000) < 26_000


def test_a_long_sound_has_longer_to_be_answered() -> None:
    hour = Content(b"", b"", "audio/mpeg", 3_600.0)

    assert longer_s([(hour, None)]) == 900.0
    assert longer_s([("https://example.org/a.mp3", None)]) == longer_s([(Content(b"", b"", "audio/wav"), None)]) == 0.0


def test_what_is_shorter_than_a_pause_is_cut_at_its_end() -> None:
    assert cut_in(np.zeros(10, np.int16), 16_000) == 10
