"""Key phrases: noun phrases of the English pipeline where it is here, else what stands between stop words.

Phrases keep the text's spelling, come in order of appearance, and no phrase comes twice, whatever its case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dfai_engine.language import english
from dfai_engine.language.documents import Answered, Document, DocumentFailure
from dfai_engine.language.stop_words import STOP_WORDS
from dfai_engine.language.wordlists import words

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

__all__ = ["MODELS", "OPTIONAL_MODELS", "analyze", "between_stop_words", "noun_phrases"]

MODELS: tuple[str, ...] = ()
OPTIONAL_MODELS: tuple[str, ...] = ("spacy-en-sm",)

_MAX_WORDS = 4
# A word, or what ends a phrase. Elided articles (l', d', qu') are words of their own.
_TOKEN = re.compile(
    r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|dell|nell|dall|sull|all|un)['’](?=\w)"
    r"|https?://\S{1,2000}|[\w.+-]{1,64}@[\w-]{1,63}\.[\w.]{1,100}|\w+(?:[-'’&]\w+)*(?:\+\+|#)?|[^\w\s]|\n",
    re.IGNORECASE,
)
# One lower-case word behind these is an adjective, and no phrase: "was clean", "très propre".
_BEFORE_ADJECTIVES = {
    "en": "is are was were be been being am isn't aren't wasn't weren't seem seems seemed look looks looked feel feels "
    "felt get gets got stay stayed remain remains became become very so too really quite extremely absolutely",
    "fr": "est sont était étaient sera très trop assez plus moins si",
    "es": "es son era eran fue fueron está están estaba estaban estuvo muy más menos tan demasiado",
    "it": "è sono era erano fu sta molto troppo più meno così",
    "pt": "é são era eram foi foram está estão estava estavam muito mais menos tão",
    "nl": "is zijn was waren wordt zeer erg heel te zo",
    "sv": "är var blev blir mycket så för",
    "da": "er var blev bliver meget så for",
    "no": "er var ble blir meget veldig så for",
}
_ADJECTIVE_NEXT = {language: words(listed) for language, listed in _BEFORE_ADJECTIVES.items()}
# "was not clean", "was clean and quiet": these leave the adjective still to come.
_BETWEEN = words("not and or , more most also always never still just all rather even but et y e en och og")
_ADVERB = re.compile(r".{3,}ly$")
_PAST = re.compile(r"\w{2,}[^\W_e]ed")  # not "speed"
_NOT_PAST = words("hundred hatred sacred naked wicked embed watershed flowerbed")
_NOT_ADVERBS = words("family supply assembly july italy reply anomaly monopoly jelly belly bully fly ally rally lily")
_WEAK = words("such other same own many few several more most much least less various certain")
_EDGES = frozenset({"DET", "PRON", "PUNCT", "SPACE", "CCONJ", "ADV", "SYM", "PART"})


def analyze(documents: Sequence[Document], _parameters: Mapping[str, object]) -> Answered:
    """Find the key phrases of each document; there are no parameters."""
    english_here = english.available("en")
    parsed = [document for document in documents if english_here and english.base(document.language) == "en"]
    from_pipeline = iter(noun_phrases([document.text for document in parsed]) if parsed else ())
    results: list[dict[str, object] | DocumentFailure] = []
    for document in documents:
        language = english.base(document.language)
        if english_here and language == "en":
            results.append({"keyPhrases": next(from_pipeline)})
        elif language in STOP_WORDS:
            results.append({"keyPhrases": between_stop_words(document.text, language)})
        else:
            results.append(
                DocumentFailure(
                    "InvalidArgument",
                    "UnsupportedLanguageCode",
                    f"Invalid language code {document.language!r}. "
                    f"Supported languages: {','.join(sorted(STOP_WORDS))}.",
                )
            )
    return Answered(results, "dfai-noun-chunks-1" if parsed else "dfai-stop-words-1")


def noun_phrases(texts: Sequence[str]) -> list[list[str]]:
    """The noun chunks of English texts, without determiners, pronouns and stop words at their edges."""
    return english.pipeline("en").read(texts, lambda doc: _distinct(_chunks(doc)), without=["ner", "lemmatizer"])


def _chunks(doc: Doc) -> Iterator[str]:
    for chunk in doc.noun_chunks:
        for part in _enumerated(chunk):
            if trimmed := _trimmed(part):
                yield doc.text[trimmed.start_char : trimmed.end_char]


def _enumerated(chunk: Span) -> Iterator[Span]:
    """A chunk that swallowed an enumeration, cut at its commas and conjunctions."""
    start = chunk.start
    if any(token.text == "," for token in chunk):
        for token in chunk:
            if token.text == "," or token.pos_ == "CCONJ":
                yield chunk.doc[start : token.i]
                start = token.i + 1
    yield chunk.doc[start : chunk.end]


def _trimmed(chunk: Span) -> Span | None:
    start, end = chunk.start, chunk.end
    doc = chunk.doc
    while start < end and (doc[start].pos_ in _EDGES or doc[start].lower_ in _WEAK or not doc[start].text[0].isalnum()):
        start += 1
    while start < end and (doc[end - 1].pos_ in _EDGES or not doc[end - 1].text[-1].isalnum()):
        end -= 1
    if start == end or all(token.pos_ in ("NUM", "ADJ", "ADV") or token.is_stop for token in doc[start:end]):
        return None
    return doc[start:end]


def between_stop_words(text: str, language: str) -> list[str]:
    """What stands between stop words and punctuation, up to four words.

    >>> between_stop_words("The staff at the front desk was very helpful.", "en")
    ['staff', 'front desk']
    """
    return _distinct(_candidates(text, language))


def _candidates(text: str, language: str) -> Iterator[str]:
    stops = STOP_WORDS[language]
    start = end = count = 0
    openers = _ADJECTIVE_NEXT.get("no" if language in ("nb", "nn") else language, frozenset())
    behind = False  # the next word stands behind one of those
    held = False  # so does the phrase that is being built
    for match in [*_TOKEN.finditer(text), None]:
        token = match[0] if match is not None else "."
        lower = token.lower().replace("’", "'")
        if match is not None and _is_word(lower, stops, language) and not (count and _is_past(token, language)):
            if not count:
                start, held = match.start(), behind
            if count == _MAX_WORDS or (count and text[end : match.start()].strip(" ")):
                yield from _phrase(text[start:end], count, language, held=held)
                start, count, held = match.start(), 0, False
            end, count = match.end(), count + 1
        else:
            if count:
                yield from _phrase(text[start:end], count, language, held=held)
            count = 0
            behind = lower in openers or ((behind or held) and (lower in _BETWEEN or _is_adverb(lower, language)))
            held = held and behind


def _is_word(lower: str, stops: frozenset[str], language: str) -> bool:
    if not lower[0].isalnum() or lower in stops or lower.endswith(("'", "n't")):
        return False
    if _is_adverb(lower, language):
        return False
    return not lower.replace(".", "").isdigit()


def _is_adverb(lower: str, language: str) -> bool:
    return language == "en" and lower not in _NOT_ADVERBS and _ADVERB.match(lower) is not None


def _is_past(token: str, language: str) -> bool:
    """Behind a noun it is a verb: "students protested"; in front it is none: "roasted chestnuts"."""
    return language == "en" and token.islower() and token not in _NOT_PAST and _PAST.fullmatch(token) is not None


def _phrase(phrase: str, count: int, language: str, *, held: bool) -> Iterator[str]:
    """Drop what a list of stop count can tell is no noun phrase."""
    if count == 1 and phrase.islower() and (held or _is_past(phrase, language)):
        return
    if language == "de":
        # German nouns are capitalised, and end their phrase.
        parts = phrase.split(" ")
        while parts and parts[-1].islower():
            parts.pop()
        phrase = " ".join(parts)
    if len(phrase) > 1:
        yield phrase


def _distinct(phrases: Iterable[str]) -> list[str]:
    kept: dict[str, str] = {}
    for phrase in phrases:
        kept.setdefault(phrase.casefold(), phrase)
    return list(kept.values())
