"""The simple query syntax: words, "phrases", prefixes* and + | - ( ) between them. Whatever is written makes a query.

Source: Azure AI Search documentation, "Simple query syntax", read 2026-11-26. Operators have no precedence: they are
read from left to right, as Lucene's simple parser does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dfai_engine.textsearch.words import has_words

__all__ = ["Both", "Either", "Node", "Not", "Term", "positives", "query_of"]

_PIECES = re.compile(
    r'(?P<blank>\s+)|(?P<mark>[+|()])|"(?P<phrase>(?:[^"\\]|\\.)*)"?|(?P<word>(?:[^\s+|()"\\]|\\.|\\$)+)', re.DOTALL
)
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_MOST_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one after the other; the last may go on."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Documents without it."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Both:
    """Documents with both."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Either:
    """Documents with one of them at least."""

    left: Node
    right: Node


Node = Term | Not | Both | Either


def query_of(text: str, mode: Literal["any", "all"]) -> Node | None:
    """What *text* asks for; None for everything. *mode* joins what has no operator between.

    >>> query_of("wifi +pool", "any")
    Both(left=Term(text='wifi', prefix=False), right=Term(text='pool', prefix=False))
    >>> query_of("* !!", "any") is None
    True
    """
    return _Reading(list(_tokens(text)), mode).sequence(0)


def positives(node: Node) -> Iterator[Term]:
    """The terms that a document is found by, and ranked by."""
    if isinstance(node, Term):
        yield node
    elif not isinstance(node, Not):
        yield from positives(node.left)
        yield from positives(node.right)


_Token = tuple[str, str]


def _tokens(text: str) -> Iterator[_Token]:
    """Kinds and texts: "mark", "-", "term" or "prefix"."""
    for found in _PIECES.finditer(text):
        if found["mark"]:
            yield "mark", found["mark"]
        elif found["phrase"] is not None:
            yield "term", _ESCAPED.sub(r"\1", found["phrase"])
        elif word := found["word"]:
            touches = not text[found.end() : found.end() + 1].isspace() and found.end() < len(text)
            while word.startswith("-") and (word != "-" or touches):  # what stands alone is no operator
                yield "mark", "-"
                word = word[1:]
            if not word:
                continue
            prefix = len(word) > 1 and word.endswith("*") and not word.endswith("\\*")
            yield "prefix" if prefix else "term", _ESCAPED.sub(r"\1", word[:-1] if prefix else word)


class _Reading:
    def __init__(self, tokens: list[_Token], mode: Literal["any", "all"]) -> None:
        self._tokens = tokens
        self._at = 0
        self._mode = mode

    def sequence(self, depth: int) -> Node | None:
        """What stands here up to the parenthesis that closes it."""
        whole: Node | None = None
        operator = ""
        negated = False
        while self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            self._at += 1
            if (kind, text) == ("mark", ")"):
                if depth:
                    break
                continue
            if kind == "mark" and text in "+|":
                operator = operator or text
                continue
            if (kind, text) == ("mark", "-"):
                negated = not negated
                continue
            found: Node | None
            if kind == "mark":  # a parenthesis; those that lie too deep are as if they were not there
                if depth >= _MOST_DEPTH:
                    continue
                found = self.sequence(depth + 1)
            else:
                found = Term(text, kind == "prefix") if has_words(text) else None
            if found is not None:
                found = Not(found) if negated else found
                whole = found if whole is None else self._joined(whole, operator, found)
            operator, negated = "", False
        return whole

    def _joined(self, left: Node, operator: str, right: Node) -> Node:
        if operator == "+" or (not operator and self._mode == "all"):
            return Both(left, right)
        return Either(left, right)
