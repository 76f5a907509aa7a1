"""Where a text's sentences begin and how long they are."""

from __future__ import annotations

import re

__all__ = ["pieces", "replace_surrogates", "spans"]

_SURROGATE = re.compile("[\ud800-\udfff]")
# The splitter counts one byte for each space that it steps over: wider spaces end it in a panic.
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")


def replace_surrogates(text: str) -> str:
    """Give *text* with every lone surrogate as U+FFFD: as long as before, and encodable.

    Libraries written in C or Rust take UTF-8 only; positions in their answer still hold for *text*.

    >>> replace_surrogates("a\\ud800b") == "a\\ufffdb"
    True
    """
    return _SURROGATE.sub("\ufffd", text)


def pieces(text: str, language: str = "en") -> list[str]:
    """Cut *text* behind each sentence; the pieces, white space included, concatenate to the text.

    >>> pieces("Dr. Smith came. We left.")
    ['Dr. Smith came. ', 'We left.']
    """
    # Imported here: `import dfai_engine` stays cheap, and this one is a compiled library.
    import sentencex

    safe = _WIDE_SPACE.sub(" ", replace_surrogates(text))
    cut: list[str] = []
    at = 0
    for piece in sentencex.segment(language.partition("-")[0], safe):
        cut.append(text[at : at + len(piece)])
        at += len(piece)
    if at < len(text):
        cut.append(text[at:])
    return cut


def spans(text: str, language: str = "en") -> list[tuple[int, int]]:
    """Offset and length of each sentence in code points, the white space around it left out.

    >>> spans("Lovely room.  Will come again! ")
    [(0, 12), (14, 16)]
    """
    found: list[tuple[int, int]] = []
    at = 0
    for piece in pieces(text, language):
        body = piece.strip()
        if body:
            found.append((at + len(piece) - len(piece.lstrip()), len(body)))
        at += len(piece)
    return found
