"""What dates, times, numbers and letters become before a voice reads them."""

from __future__ import annotations

import pytest

from dfai_engine.speech.say_as import said


@pytest.mark.parametrize(
    ("text", "kind", "form", "language", "expected"),
    [
        ("test", "characters", "", "en", "T, E, S, T"),
        ("a@b", "spell-out", "", "fr", "A, arobase, B"),
        ("1234", "cardinal", "", "en", "1,234"),
        ("1.234.567", "number", "", "de", "1234567"),
        ("-5", "cardinal", "", "en", "-5"),
        ("3rd", "ordinal", "", "en", "third"),
        ("112", "ordinal", "", "en", "112th"),
        ("3.", "ordinal", "", "de", "dritte"),
        ("23", "ordinal", "", "fr", "23e"),
        ("2º", "ordinal", "", "es", "segundo"),
        ("007", "digits", "", "en", "0 0 7"),
        ("10-12-2016", "date", "", "en", "October twelfth, 2016"),
        ("10-12-2016", "date", "dmy", "en", "December tenth, 2016"),
        ("2016-12-01", "date", "", "en", "December first, 2016"),
        ("3.10.2026", "date", "", "de", "dritter Oktober 2026"),
        ("1/10/2026", "date", "dmy", "fr", "premier octobre 2026"),
        ("12/10/2026", "date", "", "es", "12 de octubre de 2026"),
        ("12/10", "date", "", "es", "12 de octubre"),
        ("10/2026", "date", "my", "it", "ottobre 2026"),
        ("45/45/2026", "date", "", "en", "45/45/2026"),
        ("12:35pm", "time", "hms12", "en", "12 35 P M"),
        ("16:05", "time", "hms12", "en", "4 oh 5 P M"),
        ("16:00", "time", "hms24", "en", "16 o'clock"),
        ("4:05 pm", "time", "", "de", "16 Uhr 5"),
        ("07:30", "time", "", "es", "7 y 30"),
        ("half past", "time", "", "en", "half past"),
        ("(888) 555-1212", "telephone", "", "en", "8 8 8, 5 5 5, 1 2 1 2"),
        ("+49 30 12", "telephone", "", "de", "plus 4 9, 3 0, 1 2"),
        ("99.9 USD", "currency", "", "en", "99.9 USD"),
    ],
)
def test_signs_become_words(text: str, kind: str, form: str, language: str, expected: str) -> None:
    assert said(text, kind, form, language) == expected
