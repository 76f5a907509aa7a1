"""Text elements: what a reader counts as one character (extended grapheme clusters of UAX #29).

The service states its length limits and its default offsets in text elements. The rules here are those of
the current annex, so that a flag, a family emoji or a letter with its accents is one; the character
properties come from :mod:`unicodedata` and, where that has none, from the short tables below.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["count", "starts"]


# A text is rewritten with one letter per code point that names its kind, and the annex's regular definition
# of a cluster is applied to that.
OTHER, CR, LF, CONTROL = "o", "r", "n", "c"
EXTEND, JOINER, SPACING, PREPEND = "e", "j", "s", "p"
REGIONAL, PICTOGRAPH = "f", "x"
CONSONANT, LINKER = "k", "v"  # of a script that writes conjuncts, and the virama that ties them
HANGUL_L, HANGUL_V, HANGUL_T, HANGUL_LV, HANGUL_LVT = "L", "V", "T", "A", "B"

# Source: Unicode 15.1, GraphemeBreakProperty.txt, emoji-data.txt and DerivedCoreProperties.txt (InCB);
# what unicodedata's categories already say is left out. First and last code point of each range.
_RANGES: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = (
    (JOINER, ((0x200D, 0x200D),)),
    (LINKER, tuple((point, point) for point in (0x094D, 0x09CD, 0x0ACD, 0x0B4D, 0x0C4D, 0x0D4D))),
    (
        EXTEND,
        ((0x200C, 0x200C), (0xFF9E, 0xFF9F), (0x1F3FB, 0x1F3FF), (0xE0020, 0xE007F)),
    ),
    (SPACING, ((0x0E33, 0x0E33), (0x0EB3, 0x0EB3))),
    (
        PREPEND,
        (
            *((0x0600, 0x0605), (0x06DD, 0x06DD), (0x070F, 0x070F), (0x0890, 0x0891), (0x08E2, 0x08E2)),
            *((0x0D4E, 0x0D4E), (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x111C2, 0x111C3), (0x1193F, 0x1193F)),
            *((0x11941, 0x11941), (0x11A3A, 0x11A3A), (0x11A84, 0x11A89), (0x11D46, 0x11D46), (0x11F02, 0x11F02)),
        ),
    ),
    # Marks by category that stand alone all the same.
    (
        OTHER,
        (
            *((0x102B, 0x102C), (0x1038, 0x1038), (0x1062, 0x1064), (0x1067, 0x106D), (0x1083, 0x1083)),
            *((0x1087, 0x108C), (0x108F, 0x108F), (0x109A, 0x109C), (0x1A61, 0x1A61), (0x1A63, 0x1A64)),
            *((0xAA7B, 0xAA7B), (0xAA7D, 0xAA7D), (0x11720, 0x11721)),
        ),
    ),
    (REGIONAL, ((0x1F1E6, 0x1F1FF),)),
    (
        PICTOGRAPH,
        (
            *((0xA9, 0xA9), (0xAE, 0xAE), (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122), (0x2139, 0x2139)),
            *((0x2194, 0x2199), (0x21A9, 0x21AA), (0x231A, 0x231B), (0x2328, 0x2328), (0x2388, 0x2388)),
            *((0x23CF, 0x23CF), (0x23E9, 0x23F3), (0x23F8, 0x23FA), (0x24C2, 0x24C2), (0x25AA, 0x25AB)),
            *((0x25B6, 0x25B6), (0x25C0, 0x25C0), (0x25FB, 0x25FE), (0x2600, 0x2605), (0x2607, 0x2612)),
            *((0x2614, 0x2685), (0x2690, 0x2705), (0x2708, 0x2712), (0x2714, 0x2714), (0x2716, 0x2716)),
            *((0x271D, 0x271D), (0x2721, 0x2721), (0x2728, 0x2728), (0x2733, 0x2734), (0x2744, 0x2744)),
            *((0x2747, 0x2747), (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757)),
            *((0x2763, 0x2767), (0x2795, 0x2797), (0x27A1, 0x27A1), (0x27B0, 0x27B0), (0x27BF, 0x27BF)),
            *((0x2934, 0x2935), (0x2B05, 0x2B07), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55)),
            *((0x3030, 0x3030), (0x303D, 0x303D), (0x3297, 0x3297), (0x3299, 0x3299), (0x1F000, 0x1F0FF)),
            *((0x1F10D, 0x1F10F), (0x1F12F, 0x1F12F), (0x1F16C, 0x1F171), (0x1F17E, 0x1F17F), (0x1F18E, 0x1F18E)),
            *((0x1F191, 0x1F19A), (0x1F1AD, 0x1F1E5), (0x1F201, 0x1F20F), (0x1F21A, 0x1F21A), (0x1F22F, 0x1F22F)),
            *((0x1F232, 0x1F23A), (0x1F23C, 0x1F23F), (0x1F249, 0x1F3FA), (0x1F400, 0x1F53D), (0x1F546, 0x1F64F)),
            *((0x1F680, 0x1F6FF), (0x1F774, 0x1F77F), (0x1F7D5, 0x1F7FF), (0x1F80C, 0x1F80F), (0x1F848, 0x1F84F)),
            *((0x1F85A, 0x1F85F), (0x1F888, 0x1F88F), (0x1F8AE, 0x1F8FF), (0x1F90C, 0x1F93A), (0x1F93C, 0x1F945)),
            *((0x1F947, 0x1FAFF), (0x1FC00, 0x1FFFD)),
        ),
    ),
    (
        CONSONANT,
        (
            *((0x0915, 0x0939), (0x0958, 0x095F), (0x0978, 0x097F), (0x0995, 0x09A8), (0x09AA, 0x09B0)),
            *((0x09B2, 0x09B2), (0x09B6, 0x09B9), (0x09DC, 0x09DD), (0x09DF, 0x09DF), (0x09F0, 0x09F1)),
            *((0x0A95, 0x0AA8), (0x0AAA, 0x0AB0), (0x0AB2, 0x0AB3), (0x0AB5, 0x0AB9), (0x0AF9, 0x0AF9)),
            *((0x0B15, 0x0B28), (0x0B2A, 0x0B30), (0x0B32, 0x0B33), (0x0B35, 0x0B39), (0x0B5C, 0x0B5D)),
            *((0x0B5F, 0x0B5F), (0x0B71, 0x0B71), (0x0C15, 0x0C28), (0x0C2A, 0x0C39), (0x0C58, 0x0C5A)),
            *((0x0D15, 0x0D3A),),
        ),
    ),
    (HANGUL_L, ((0x1100, 0x115F), (0xA960, 0xA97C))),
    (HANGUL_V, ((0x1160, 0x11A7), (0xD7B0, 0xD7C6))),
    (HANGUL_T, ((0x11A8, 0x11FF), (0xD7CB, 0xD7FB))),
)
_CATEGORIES = {
    **dict.fromkeys(("Mn", "Me"), EXTEND),
    "Mc": SPACING,
    **dict.fromkeys(("Cc", "Cf", "Zl", "Zp", "Cs"), CONTROL),
}


_CLUSTER = re.compile(
    r"""
    rn | [rnc]
    | p*+ (?: L*+ (?: A V*+ | B | V++ ) T*+ | L++ | T++   # Hangul syllables
            | ff?                                       # flags
            | x (?: [ev]*+ j x )*+                      # pictographs tied by joiners
            | k (?: [ej]*+ v [ejv]*+ k )*+              # conjuncts
            | o ) [ejsv]*+
    | p++ [ejsv]*+
    | [ejsv]++
    """,
    re.VERBOSE,
)


def _kind(character: str) -> str:
    point = ord(character)
    if 0xAC00 <= point <= 0xD7A3:
        return HANGUL_LVT if (point - 0xAC00) % 28 else HANGUL_LV
    for kind, ranges in _RANGES:
        if any(first <= point <= last for first, last in ranges):
            return kind
    return _CATEGORIES.get(unicodedata.category(character), OTHER)


class _Kinds(dict[int, str]):
    """Each code point's kind, found once: a process meets few different characters."""

    def __missing__(self, point: int) -> str:
        kind = self[point] = _kind(chr(point))
        return kind


_KINDS = _Kinds(dict.fromkeys(range(32, 127), OTHER) | {0x0D: CR, 0x0A: LF})
# Kinds that join only with kinds outside this set: where there are no others, there are no clusters.
_ALONE = frozenset((OTHER, CONTROL, LF, PICTOGRAPH, CONSONANT, HANGUL_LV, HANGUL_LVT))


def count(text: str) -> int:
    """How many text elements *text* has.

    >>> count("naïve"), count("e\\u0301"), count("\\U0001F469\\u200d\\U0001F52C"), count("\\r\\n")
    (5, 1, 1, 1)
    """
    return len(starts(text))


def starts(text: str) -> list[int] | range:
    """Where each text element begins, in code points, ascending, from 0.

    A range where each code point is an element of its own, as in nearly all texts.

    >>> starts("a\\u0308b")
    [0, 2]
    >>> starts("plain")
    range(0, 5)
    """
    # Below the first combining mark nothing joins but a carriage return with its line feed.
    if "\r" not in text and (text.isascii() or max(text) < "\u0300"):
        return range(len(text))
    kinds = text.translate(_KINDS)
    if _ALONE.issuperset(kinds):
        return range(len(text))
    return [match.start() for match in _CLUSTER.finditer(kinds)]
