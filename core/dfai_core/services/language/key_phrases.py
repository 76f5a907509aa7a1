"""The phrases that say what a text is about."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from dfai_core.service import Column, Exchange, Part, Service, Values, Wiring
from dfai_core.services.language.wire import API_VERSION, LANGUAGE, RECORDS, analyze_text, limits

__all__ = ["KEY_PHRASES"]


def _wire(wiring: Wiring) -> Exchange:
    return analyze_text(
        wiring,
        "KeyPhraseExtraction",
        lambda document: (document["keyPhrases"],),
        _merge,
        parameters={},
        offsets=False,
    )


def _merge(parts: Sequence[Part]) -> Values:
    phrases = [phrase for part in parts if part.values is not None for phrase in part.values[0]]
    return (list({phrase.casefold(): phrase for phrase in reversed(phrases)}.values())[::-1],)


KEY_PHRASES = Service(
    name="key_phrases",
    family="language",
    noun="key_phrases",
    inputs=("text",),
    columns=(Column("", pa.list_(pa.string()), "The phrases, without repetition."),),
    options=(LANGUAGE,),
    limits=limits(10, 200),
    operation="KeyPhraseExtraction",
    wire=_wire,
    api_version=API_VERSION,
    billing=RECORDS,
    known_as=("extract_key_phrases", "KeyPhraseExtraction", "KeyPhraseExtractor"),
)
