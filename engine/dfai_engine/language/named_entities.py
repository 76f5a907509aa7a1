"""Entities that a spaCy pipeline names, in Azure's categories.

spaCy gives no confidence for one entity. What stands as its score is the precision that the pipeline's authors
measured for its label on their test set (``meta.json`` beside the weights): 0.86 for an English person means that
86 of 100 were right there. Where they published one figure for all labels, as for French, it is that one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dfai_engine.language import english
from dfai_engine.language.dates import dates
from dfai_engine.language.documents import Document
from dfai_engine.language.pii_rules import Found

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

__all__ = ["PRODUCTS", "category", "find"]

_CATEGORIES: Mapping[str, tuple[str, str]] = {
    "PERSON": ("Person", ""),
    "PER": ("Person", ""),
    "FAC": ("Location", "Structural"),
    "GPE": ("Location", "GPE"),
    "LOC": ("Location", "Geographical"),
    "ORG": ("Organization", ""),
    "EVENT": ("Event", ""),
    "PRODUCT": ("Product", ""),
    "DATE": ("DateTime", "Date"),
    "TIME": ("DateTime", "Time"),
    "MONEY": ("Quantity", "Currency"),
    "PERCENT": ("Quantity", "Percentage"),
    "QUANTITY": ("Quantity", "Dimension"),
    "ORDINAL": ("Quantity", "Ordinal"),
    "CARDINAL": ("Quantity", "Number"),
}
_UNITS = "seconds?|minutes?|hours?|days?|nights?|weeks?|fortnights?|months?|quarters?|years?|decades?|centur(?:y|ies)"
_COUNT = (
    r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|several|few|many|some|half"
    r"|\d[\d.,]*)(?: and a half)?"
)
_ABOUT = r"(?:(?:about|around|almost|nearly|over|under|only|just|at least|more than|less than|up to) )*"
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_PERIODS = "week|weekend|month|year|quarter|decade|century|season|spring|summer|autumn|fall|winter|semester"
# The first expression that fits the text of an entity decides its subcategory.
_SUBCATEGORIES: Mapping[str, Sequence[tuple[str, str]]] = {
    "ORG": [
        ("Medical", r"\b(?:hospitals?|clinics?|medical|health ?care|pharmacy|surgery|hospice)\b"),
        ("Stock exchange", r"\b(?:stock exchange|nasdaq|nyse|euronext|ftse|bourse)\b"),
        (
            "Sports",
            (
                r"\b(?:f\.?c\.?|football|rugby|cricket|basketball|baseball|hockey|athletic|united|yankees|lakers|nfl|nba"
                r"|fifa|uefa|mlb)\b"
            ),
        ),
    ],
    "EVENT": [
        (
            "Sports",
            r"\b(?:cup|olympics?|games|championships?|open|bowl|marathon|tour de|grand prix|league|derby|wimbledon)\b",
        ),
        ("Natural", r"\b(?:hurricane|earthquake|typhoon|cyclone|tsunami|storm|flood|eruption|tornado)\b"),
        (
            "Cultural",
            r"\b(?:festival|carnival|fair|expo|exhibition|biennale|christmas|easter|thanksgiving|oscars?|parade)\b",
        ),
    ],
    "DATE": [
        (
            "Set",
            (
                r"\b(?:every|each|daily|weekly|monthly|yearly|annually|annual|quarterly|hourly|weekdays|weekends)\b"
                r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\b"
            ),
        ),
        ("Duration", rf"^{_ABOUT}(?:the (?:past|last|next|first) )?{_COUNT}[ -](?:{_UNITS})$"),
        (
            "DateRange",
            (
                r"\b(?:to|between|until|through|since|from)\b|\d ?[-–] ?\d{2,4}$|\b\d0'?s$"
                r"|^(?:the )?(?:early|mid|late)?[ -]?(?:1[0-9]|20)\d\d(?:'?s)?$"
                rf"|\b(?:{_PERIODS})\b|^(?:(?:early|mid|late|last|next|this)[ -])?(?:{_MONTHS})(?:,? (?:of )?\d{{4}})?$"
            ),
        ),
    ],
    "TIME": [
        ("Set", r"\b(?:every|each|nightly|hourly)\b"),
        ("Duration", rf"\b{_COUNT}[ -](?:{_UNITS})\b|\bhalf an hour\b"),
        (
            "TimeRange",
            r"\b(?:to|between|until|from)\b|\d ?[-–] ?\d|\b(?:morning|afternoon|evening|night|tonight|overnight)\b",
        ),
    ],
    "QUANTITY": [("Temperature", r"°|\bdegrees?\b|\bcelsius\b|\bfahrenheit\b|\bkelvin\b")],
    "CARDINAL": [("NumberRange", r"\bbetween\b|\d ?[-–] ?\d| to ")],
}
_COMPILED = {
    label: [(name, re.compile(shape, re.IGNORECASE)) for name, shape in shapes]
    for label, shapes in _SUBCATEGORIES.items()
}
# The pipeline takes most of these for organisations, or for nothing.
PRODUCTS = re.compile(
    r"\b(?:windows(?: \d+| xp| server)?|linux|ubuntu|android|macos|iphones?|ipads?|macbooks?|playstation|xbox"
    r"|chromebooks?|kindle|photoshop|powerpoint|sql server|postgresql|mysql)\b",
    re.IGNORECASE,
)
_UNUSED = ("parser", "tagger", "attribute_ruler", "lemmatizer", "morphologizer")
_AGE = re.compile(r"\byears?[- ]olds?$|^aged? ", re.IGNORECASE)
_HEAD = re.compile(r"(?:(?:the|a|an|le|la|les) |l['’])(?=\S)", re.IGNORECASE)
_TAIL = re.compile(r"(?:['’]s?|[\s,.;:!?]+)$")
_WITH_ARTICLE = frozenset({"ORG", "FAC", "LOC", "GPE", "EVENT", "PRODUCT"})


def category(label: str, text: str) -> tuple[str, str] | None:
    """Azure's category and subcategory of an entity that spaCy labelled, or None for labels that Azure has not.

    >>> category("DATE", "three weeks"), category("DATE", "last week"), category("ORG", "Mercy Hospital")
    (('DateTime', 'Duration'), ('DateTime', 'DateRange'), ('Organization', 'Medical'))
    """
    known = _CATEGORIES.get(label)
    if known is None:
        return None
    if label == "DATE" and _AGE.search(text):
        return "Quantity", "Age"
    if label == "DATE" and any(found.start == 0 and found.end == len(text) for found in dates(text)):
        return known
    if label in ("ORG", "GPE", "PERSON", "PRODUCT") and PRODUCTS.search(text):
        return "Product", "Computing products"
    for name, shape in _COMPILED.get(label, ()):
        if shape.search(text):
            return known[0], name
    return known


def find(documents: Sequence[Document]) -> list[list[Found] | None]:
    """The entities of each document in order of appearance; None where no pipeline reads its language."""
    answers: list[list[Found] | None] = [None] * len(documents)
    for language in sorted({english.base(document.language) for document in documents}):
        if not english.available(language):
            continue
        pipeline = english.pipeline(language)
        chosen = [place for place, document in enumerate(documents) if english.base(document.language) == language]
        unused = [name for name in _UNUSED if pipeline.nlp.has_pipe(name)]
        take = functools.partial(_found, precision=pipeline.precision)
        read = pipeline.read([documents[place].text for place in chosen], take, without=unused)
        for place, found in zip(chosen, read, strict=True):
            answers[place] = found
    return answers


def _found(doc: Doc, precision: Mapping[str, float]) -> list[Found]:
    found = []
    for entity in doc.ents:
        start, end = _edges(entity)
        text = doc.text[start:end]
        named = category(entity.label_, text)
        if named is not None and _is_name(named[0], text):
            found.append(Found(start, end, named[0], precision[entity.label_], _subcategory(named, entity)))
    return found


def _is_name(category: str, text: str) -> bool:
    # The pipeline takes codes and colours for people now and then.
    return any(map(str.isalnum, text)) and not (category == "Person" and any(map(str.isdigit, text)))


def _subcategory(named: tuple[str, str], entity: Span) -> str:
    # The French pipeline says LOC of towns, countries and rivers alike.
    return "" if entity.doc.lang_ == "fr" else named[1]


def _edges(entity: Span) -> tuple[int, int]:
    """Without a leading article and without a possessive or punctuation behind."""
    text = entity.text
    start = entity.start_char
    if entity.label_ in _WITH_ARTICLE and (head := _HEAD.match(text)) and head.end() < len(text):
        start += head.end()
    if entity.label_ == "MONEY" and start and entity.doc.text[start - 1] in "$€£¥":
        start -= 1
    tail = _TAIL.search(text)
    end = entity.end_char - (len(tail[0]) if tail else 0)
    return (start, end) if start < end else (entity.start_char, entity.end_char)
