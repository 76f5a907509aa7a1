"""Pronunciations: X-SAMPA, which the voices here read, and IPA, which becomes it.

Source of the correspondence: J. C. Wells, "Computer-coding the IPA: a proposed extension of SAMPA", 1995.
"""

from __future__ import annotations

import re
import unicodedata

from dfai_engine.speech.unspoken import refused

__all__ = ["sampa"]

_FROM_IPA = {
    **{letter: letter for letter in "abcdefhijklmnopqrstuvwxyz"},
    "ɑ": "A",
    "ɐ": "6",
    "ɒ": "Q",
    "æ": "{",
    "ʌ": "V",
    "ə": "@",
    "ɚ": "@`",
    "ɛ": "E",
    "ɜ": "3",
    "ɝ": "3`",
    "ɪ": "I",
    "ɨ": "1",
    "ɔ": "O",
    "ø": "2",
    "œ": "9",
    "ʊ": "U",
    "ʉ": "}",
    "ʏ": "Y",
    "ɤ": "7",
    "ɯ": "M",
    "β": "B",
    "ç": "C",
    "ð": "D",
    "ɡ": "g",
    "g": "g",
    "ɣ": "G",
    "ɥ": "H",
    "ʝ": "j\\",
    "ʎ": "L",
    "ɱ": "F",
    "ɲ": "J",
    "ŋ": "N",
    "ɹ": "r\\",
    "ɾ": "4",
    "ʀ": "R\\",
    "ʁ": "R",
    "ʃ": "S",
    "ʒ": "Z",
    "θ": "T",
    "ʔ": "?",
    "ɫ": "5",
    "χ": "X",
    "ɦ": "h\\",
    "ʋ": "P",
    "ʍ": "W",
    "ˈ": '"',
    "ˌ": "%",
    "ː": ":",
    "ˑ": ":\\",
    ".": ".",
    "\u0303": "~",
    "\u0361": "_",
    " ": ".",
    "\u0329": "=",
    "ʰ": "_h",
    "ʲ": "'",
}
_SAMPA = re.compile(r"[A-Za-z0-9@{}\"%:.~=`\\?_'/ |-]+")
_MOST = 200


def sampa(written: str, alphabet: str) -> str | None:
    r"""The X-SAMPA of what is *written* in *alphabet*; None for alphabets that are not known here.

    >>> sampa("təˈmeɪtoʊ", "ipa"), sampa("t@\"meItoU", "x-sampa"), sampa("t ax m ey t ow", "sapi")
    ('t@"meItoU', 't@"meItoU', None)

    Raises
    ------
    ServiceFailure
        It holds what is no sound of that alphabet.
    """
    word = unicodedata.normalize("NFD", written.strip()).replace("c\u0327", "ç")
    kind = alphabet.strip().lower()
    if not word or len(word) > _MOST:
        raise refused("InvalidSsml", f"A phoneme's ph must hold from 1 to {_MOST} characters.")
    if kind in ("sapi", "ups", "x-microsoft-sapi", "x-microsoft-ups"):
        return None
    if kind in ("x-sampa", "xsampa"):
        if not _SAMPA.fullmatch(word):
            raise refused("InvalidSsml", "A phoneme's ph is not X-SAMPA.")
        return word
    if kind != "ipa":
        raise refused("InvalidSsml", f"alphabet={alphabet[:40]!r}: expected ipa, x-sampa, sapi or ups.")
    sounds = []
    for sign in word:
        if sign not in _FROM_IPA:
            raise refused("InvalidSsml", f"A phoneme's ph holds U+{ord(sign):04X}, which is no sound known here.")
        sounds.append(_FROM_IPA[sign])
    return "".join(sounds)
