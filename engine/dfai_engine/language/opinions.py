"""Opinions: what a sentence judges (targets), with which words (assessments), and to which side.

English, by the pipeline's dependency tree where it is here, else by clauses and their word order (`clauses`). A
sentence in another language gets empty arrays: the request is answered, without opinions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dfai_engine.language import english
from dfai_engine.language.clauses import pairs_of_clauses
from dfai_engine.language.valence import Pair, valence

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

__all__ = ["attach", "find"]

_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_PREDICATES = frozenset({"acomp", "attr", "oprd", "xcomp", "advmod"})
_SIGNS = {True: "positive", False: "negative"}


def attach(text: str, language: str, sentences: Sequence[dict[str, object]]) -> None:
    """Add ``targets`` and ``assessments`` to each sentence of a document.

    Offsets count code points from the start of the document. References have the form
    ``sentences/0/assessments/1``, relative to the document.
    """
    pairs = find(text) if english.base(language) == "en" else []
    for place, sentence in enumerate(sentences):
        start, length = _number(sentence["offset"]), _number(sentence["length"])
        own = [pair for pair in pairs if start <= pair.target[0] and pair.target[1] <= start + length]
        sentence["targets"], sentence["assessments"] = _wire(text, own, f"sentences/{place}")


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a sentence's offset and length are whole numbers, not {value!r}")
    return value


def find(text: str) -> list[Pair]:
    """Pairs of a target and one of its assessments, in order of appearance."""
    if english.available("en"):
        pairs = english.pipeline("en").read([text], lambda doc: list(_pairs(doc)), without=["ner", "lemmatizer"])[0]
    else:
        pairs = list(pairs_of_clauses(text))
    return sorted(dict.fromkeys(pairs), key=lambda pair: (pair.target, pair.assessment))


def _pairs(doc: Doc) -> Iterator[Pair]:
    for token in doc:
        if token.pos_ not in ("ADJ", "VERB", "NOUN", "ADV") or not valence(token.lower_):
            continue
        for target in _targets(token):
            if target.pos_ not in ("NOUN", "PROPN") or target == token:
                continue
            start, end = _extent(target)
            if start <= token.idx < end:
                continue
            yield Pair((start, end), (token.idx, token.idx + len(token)), valence(token.lower_), _negated(token))


def _targets(word: Token) -> Iterator[Token]:
    """The nouns that an opinion word speaks of, as the tree has it."""
    own = word.pos_ == "VERB" and any(child.dep_ in _SUBJECTS or child.dep_ == "dobj" for child in word.children)
    head = word if own else _first_conjunct(word)
    if head.dep_ == "amod":
        # The word stands before its noun, which may be one of several: the friendly staff and service.
        yield from _with_conjuncts(head.head)
    elif head.dep_ in _PREDICATES and head.head.pos_ in ("AUX", "VERB"):
        # Behind a verb that links: the staff are friendly, breakfast was a disaster, the room looked clean.
        yield from _subjects(head.head)
    elif head.pos_ == "VERB":
        # "I love the pool"; "the wifi sucks"
        # "regret buying these headphones": what was bought is judged
        verbs = [head, *(child for child in head.children if child.dep_ == "xcomp")]
        objects = [child for verb in verbs for child in verb.children if child.dep_ == "dobj"]
        for target in objects or list(_subjects(head)):
            yield from _with_conjuncts(target) if objects else [target]
    elif head.dep_ in ("ROOT", "acl", "relcl") and head.pos_ == "ADJ":
        yield from _subjects(head)
    if head.pos_ in ("NOUN", "ADJ"):
        # "a problem with the shower", "happy with the service"
        for preposition in head.children:
            if preposition.dep_ == "prep" and preposition.lower_ in ("with", "about", "for", "of", "by"):
                for target in preposition.children:
                    if target.dep_ == "pobj" and (head.pos_ == "NOUN" or preposition.lower_ in ("with", "about")):
                        yield from _with_conjuncts(target)


def _first_conjunct(word: Token) -> Token:
    while word.dep_ == "conj" and word.head.pos_ == word.pos_:
        word = word.head
    return word


def _subjects(verb: Token) -> Iterator[Token]:
    """The subjects of a verb, or of the verb that it is joined to; a relative pronoun stands for its noun."""
    found = [child for child in verb.children if child.dep_ in _SUBJECTS]
    if not found and verb.pos_ == "VERB":
        # Slang verbs confuse the parser: in "the wifi sucks" it takes the subject for a part of a compound.
        found = [child for child in verb.children if child.dep_ == "compound" and child.i < verb.i]
    if not found and verb.dep_ in ("conj", "xcomp") and verb.head.pos_ in ("AUX", "VERB"):
        yield from _subjects(verb.head)
    for subject in found:
        if subject.pos_ == "PRON" and verb.dep_ == "relcl":
            yield verb.head
        else:
            yield from _with_conjuncts(subject)


def _with_conjuncts(noun: Token) -> Iterator[Token]:
    yield noun
    for child in noun.children:
        # In "great pool and terrible food" the second noun has a judgement of its own.
        if child.dep_ == "conj" and not any(part.dep_ == "amod" and valence(part.lower_) for part in child.children):
            yield from _with_conjuncts(child)


def _extent(noun: Token) -> tuple[int, int]:
    """The noun with the nouns compounded in front of it: "battery life"."""
    first = noun
    while first.i > first.sent.start and first.nbor(-1).dep_ == "compound" and first.nbor(-1).head.i <= noun.i:
        first = first.nbor(-1)
    while first.i > 1 and first.nbor(-1).text == "-" and not (first.nbor(-1).whitespace_ or first.nbor(-2).whitespace_):
        first = first.nbor(-2)  # "check-in" is three tokens
    return first.idx, noun.idx + len(noun)


def _negated(word: Token) -> bool:
    """Whether "not", "never" or "no" stands on the word, or on the verb or noun that it belongs to."""
    places = {word, _first_conjunct(word)}
    for place in (word, _first_conjunct(word)):
        if place.dep_ in _PREDICATES or place.dep_ == "amod":
            places.add(place.head)
        if place.dep_ == "amod" and place.head.dep_ in ("attr", "dobj"):
            places.add(place.head.head)
    marks = [child for place in places for child in place.children]
    if word.tag_ in ("JJR", "RBR") and any(mark.lower_ == "never" for mark in marks):
        return False  # "never had a better pizza" praises it
    return any(mark.dep_ == "neg" or mark.lower_ in ("no", "never", "hardly", "barely", "nothing") for mark in marks)


def _wire(text: str, pairs: Sequence[Pair], prefix: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The two arrays of one sentence."""
    assessments = sorted({pair.assessment: pair for pair in pairs}.items())
    numbers = {span: number for number, (span, _) in enumerate(assessments)}
    targets: dict[tuple[int, int], list[Pair]] = {}
    for pair in pairs:
        targets.setdefault(pair.target, []).append(pair)
    return (
        [
            {
                "sentiment": _overall([pair.value > 0 for pair in own]),
                "confidenceScores": _scores(sum(_share(pair.value) for pair in own) / len(own)),
                **_place(text, span),
                "relations": [
                    {"relationType": "assessment", "ref": f"{prefix}/assessments/{numbers[pair.assessment]}"}
                    for pair in own
                ],
            }
            for span, own in targets.items()
        ],
        [
            {
                "sentiment": _SIGNS[pair.value > 0],
                "confidenceScores": _scores(_share(pair.value)),
                **_place(text, span),
                "isNegated": pair.negated,
            }
            for span, pair in assessments
        ],
    )


def _overall(signs: Sequence[bool]) -> str:
    return _SIGNS[signs[0]] if len(set(signs)) == 1 else "mixed"


def _share(value: float) -> float:
    """How positive, from 0 to 1: the lexicon's strength through a logistic curve."""
    return 1 / (1 + math.exp(-2 * value))


def _scores(positive: float) -> Mapping[str, float]:
    rounded = round(positive, 2)
    return {"positive": rounded, "negative": round(1 - rounded, 2)}


def _place(text: str, span: tuple[int, int]) -> dict[str, object]:
    return {"offset": span[0], "length": span[1] - span[0], "text": text[span[0] : span[1]]}
