"""Speech in one language, text in another.

Whisper translates into English itself. Into other languages Apertium translates the text, where it is installed: a
program with a package for each pair of languages, by rules, and a process of its own (GPL).
"""

from __future__ import annotations

import dataclasses
import functools
import shutil
import subprocess
from collections.abc import Sequence

from dfai_engine.speech.hearing import Heard
from dfai_engine.speech.phrases import Phrase
from dfai_engine.speech.wire import AZURE, refused

__all__ = ["modes", "through_english", "translated"]

TIMEOUT_S = 120.0
# Apertium's newer packages name languages in three letters. Source: ISO 639-3.
_THREE = {
    "bg": "bul", "ca": "cat", "cy": "cym", "da": "dan", "de": "deu", "en": "eng", "es": "spa", "eu": "eus",
    "fr": "fra", "gl": "glg", "hi": "hin", "hr": "hrv", "id": "ind", "is": "isl", "it": "ita", "kk": "kaz",
    "mk": "mkd", "ms": "msa", "mt": "mlt", "nl": "nld", "nn": "nno", "no": "nob", "oc": "oci", "pl": "pol",
    "pt": "por", "ro": "ron", "ru": "rus", "sl": "slv", "sr": "srp", "sv": "swe", "tr": "tur", "uk": "ukr", "ur": "urd",
}  # fmt: skip


@functools.cache
def modes(program: str) -> frozenset[str]:
    """The pairs of languages that an Apertium knows, as ``from-into``."""
    # The program was found on this machine's path; no shell reads the command.
    done = subprocess.run([program, "-l"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603
    return frozenset(done.stdout.split())


def _mode(program: str | None, source: str, target: str) -> str | None:
    if program is None:
        return None
    names = [
        f"{one}-{other}"
        for one in (_THREE.get(source, source), source)
        for other in (_THREE.get(target, target), target)
    ]
    return next((name for name in names if name in modes(program)), None)


def through_english(target: str, languages: Sequence[str]) -> bool:
    """Whether speech of these languages is best heard as English for *target*; nothing is known of an empty list.

    Raises
    ------
    ServiceFailure
        Nothing here translates into *target*.
    """
    if target == "en":
        return True
    program = shutil.which("apertium")
    if program is None:
        raise refused(
            "UnsupportedLanguageCode",
            f"Speech is translated into English here, and into {target!r} only where Apertium is installed with the "
            f"package of the pair; {AZURE}.",
        )
    direct = bool(languages) and all(name == target or _mode(program, name, target) for name in languages)
    if not direct and _mode(program, "en", target) is None:
        raise refused(
            "UnsupportedLanguageCode",
            f"The Apertium of this machine does not translate {' or '.join(dict.fromkeys((*languages, 'en')))} into "
            f"{target!r}; {AZURE}.",
        )
    return not direct


def translated(heard: Heard, target: str, *, english: bool) -> Heard:
    """What was heard, in *target*; *english*: it was heard as English.

    Raises
    ------
    ServiceFailure
        Apertium failed.
    """
    if target == "en":
        return dataclasses.replace(
            heard, phrases=tuple(dataclasses.replace(phrase, language="en") for phrase in heard.phrases)
        )
    program = shutil.which("apertium") or "apertium"
    return dataclasses.replace(
        heard,
        phrases=tuple(_in(phrase, "en" if english else phrase.language, target, program) for phrase in heard.phrases),
    )


def _in(phrase: Phrase, source: str, target: str, program: str) -> Phrase:
    if source == target:
        return dataclasses.replace(phrase, language=target)
    mode = _mode(program, source, target)
    if mode is None:
        raise refused("UnsupportedLanguageCode", f"Nothing here translates {source!r} into {target!r}; {AZURE}.")
    # -u: words that it does not know stay as they are, without a mark. No shell reads the command.
    command = [program, "-u", mode]
    try:
        done = subprocess.run(  # noqa: S603
            command, input=phrase.text + "\n", capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as fault:
        raise refused("FeatureNotAvailable", f"Apertium failed ({type(fault).__name__}).") from fault
    return dataclasses.replace(phrase, language=target, translated=" ".join(done.stdout.split()))
