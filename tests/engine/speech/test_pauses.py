"""Where somebody speaks, and where long speech is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfai_engine.speech.pauses import WINDOW, Span, cut, probabilities, spans
from engine.speech.hearing import samples
from sounds import hum

SECOND = 16_000


def likely(*parts: tuple[float, float]) -> tuple[np.ndarray, int]:
    """Probabilities as (seconds, probability), and the samples that they stand for."""
    found = np.concatenate([np.full(round(seconds * SECOND / WINDOW), share, np.float32) for seconds, share in parts])
    return found, len(found) * WINDOW


def test_speech_is_what_stays_likely_with_a_little_silence_around() -> None:
    found, length = likely((2, 0.01), (3, 0.9), (0.2, 0.1), (1, 0.9), (4, 0.01), (2, 0.7))
    one, other = spans(found, length)

    assert one.start / SECOND == pytest.approx(1.7, abs=0.05)
    assert one.end / SECOND == pytest.approx(6.5, abs=0.05)
    assert other.end == length


def test_a_click_is_no_speech() -> None:
    assert spans(*likely((2, 0.01), (0.07, 0.95), (2, 0.01))) == []


def test_long_speech_is_cut_at_its_longest_silence() -> None:
    found, length = likely((12, 0.9), (0.4, 0.0), (6, 0.9), (0.8, 0.0), (6, 0.9), (0.4, 0.0), (8, 0.9))
    pieces = cut(spans(found, length), found, most=28 * SECOND, widest_gap=3 * SECOND)

    assert [round(piece.start / SECOND) for piece in pieces] == [0, 19]


def test_speech_without_a_silence_is_cut_where_it_is_least_likely() -> None:
    found, length = likely((20, 0.9), (0.1, 0.6), (30, 0.9))
    pieces = cut(spans(found, length), found, most=28 * SECOND, widest_gap=3 * SECOND)

    assert pieces[0].end / SECOND == pytest.approx(20, abs=0.2)
    assert pieces[0].end == pieces[1].start


def test_speech_far_apart_is_heard_apart() -> None:
    found, length = likely((2, 0.9), (5, 0.0), (2, 0.9))

    assert len(cut(spans(found, length), found, most=28 * SECOND, widest_gap=3 * SECOND)) == 2


@given(st.lists(st.tuples(st.floats(0.1, 40), st.floats(0.1, 6)), min_size=1, max_size=12))
def test_no_piece_is_too_long_and_no_speech_is_lost(turns: list[tuple[float, float]]) -> None:
    found, length = likely(*[part for speech, pause in turns for part in ((speech, 0.9), (pause, 0.0))])
    speech = spans(found, length)
    pieces = cut(speech, found, most=28 * SECOND, widest_gap=3 * SECOND)

    assert all(0 < piece.length <= 28 * SECOND for piece in pieces)
    assert pieces == sorted(pieces)
    for span in speech:
        held = sum(max(0, min(span.end, piece.end) - max(span.start, piece.start)) for piece in pieces)
        assert held == span.length


def test_speech_is_told_from_silence_noise_and_tones() -> None:
    voice = samples("speaker_a_2")
    noise = np.random.default_rng(0).normal(0, 1_500, 5 * SECOND).astype(np.int16)
    tone = (hum(5.0) * 16_000).astype(np.int16)
    quiet = (voice // 100).astype(np.int16)

    assert [len(spans(probabilities(x), len(x))) for x in (np.zeros(5 * SECOND, np.int16), noise, tone)] == [0, 0, 0]
    assert [len(spans(probabilities(x), len(x))) for x in (voice, quiet)] == [1, 1]
    assert probabilities(np.empty(0, np.int16)).size == 0


def test_a_long_sound_is_looked_through_block_by_block_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = samples("speaker_a_3")
    whole = probabilities(voice)
    monkeypatch.setattr("dfai_engine.speech.pauses.BLOCK", 10)

    assert np.allclose(probabilities(voice), whole, atol=1e-4)
    assert Span(0, 2).length == 2
