"""With and without the pipelines' weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfai_engine import weights

__all__ = ["needs_english", "needs_french", "no_models"]

needs_english = pytest.mark.skipif(not weights.present("spacy-en-sm"), reason="needs the model: dfai models pull nlp")
needs_french = pytest.mark.skipif(not weights.present("spacy-fr-sm"), reason="needs the model: dfai models pull nlp-fr")


def no_models(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    """Make this machine one on which nothing was pulled."""
    monkeypatch.setenv("DFAI_MODELS", str(empty))
