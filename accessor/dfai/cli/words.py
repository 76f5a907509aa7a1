"""The library's words in the command line's spelling: messages, and what docstrings say of each parameter."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Collection
from functools import cache
from typing import Any

from dfai._verbs import Verbs, verb_names
from dfai_core import Settings
from dfai_core.errors import SecretNotFound

__all__ = ["documented", "flag", "not_found", "plain", "spoken", "summary_of"]

# What a verb's own option is called where the command has that word for something else.
_SPELT = {"json": "json-body", "key": "key-field"}
_VALUE = r"""(dfai\.\w+\([^()]*\)|"[^"]*"|'[^']*'|\[[^\]]*\]|[^\s,.;:)"'\[]+|)"""
_MADE = re.compile(r"""dfai\.(\w+)\((?:endpoint=)?([^()]*)\)""")
_VERB = re.compile(r"""(?:df|frame)\.ai\.(\w+)\([^()]*\)""")


def flag(name: str) -> str:
    """A parameter as an option.

    >>> flag("if_exists"), flag("json")
    ('--if-exists', '--json-body')
    """
    return "--" + _SPELT.get(name, name).replace("_", "-")


def spoken(message: str) -> str:
    """A message of the library, with what it says to type as one types it here.

    >>> spoken('Choose output="mood", or if_exists="fill".')
    'Choose --output mood, or --if-exists fill.'
    >>> spoken("write language=dfai.col('lang').")
    'write --language col:lang.'
    >>> spoken("The local target serves it: target=dfai.local(). A container does too: dfai.container(url).")
    'The local target serves it: --target local. A container does too: container:URL.'
    >>> spoken('Here it is: df.ai.sentiment("review", output="…"). All verbs: dfai.verbs().')
    'Here it is: dfai run sentiment. All verbs: dfai services.'
    """
    text = message.replace("dfai.verbs()", "dfai services").replace("this frame ", "this table ")
    text = text.replace('or "fill" to', "or --if-exists fill to")
    text = _VERB.sub(lambda found: f"dfai run {found[1]}", text)
    text = _options().sub(lambda found: f"{flag(found[1])} {_value(found[2])}".rstrip(), text)
    return _MADE.sub(lambda found: _made(found[1], found[2]), text).replace("df.ai has no", "there is no verb")


def not_found(error: SecretNotFound) -> tuple[str, str]:
    """What is not set, and what to type: the rest of the message is for programs, and for workers of a cluster."""
    first = re.sub(r" on \S+ \(process \d+\)", "", str(error).partition(". ")[0])
    return f"{first}.", "Set it, or say where the key is: --key env:NAME or --key file:PATH."


@cache
def _options() -> re.Pattern[str]:
    names = {*Settings.__annotations__, "include", "output", "if_exists"}
    for verb in verb_names():
        names.update(inspect.signature(getattr(Verbs, verb)).parameters)
    words = "|".join(sorted(names - {"self", "settings"}, key=len, reverse=True))
    return re.compile(rf"\b({words})={_VALUE}")


def _value(text: str) -> str:
    if made := _MADE.fullmatch(text):
        return _made(made[1], made[2])
    if text.startswith("["):
        return ",".join(re.findall(r"""["']([^"']*)["']""", text))
    bare = text.strip("\"'")
    return bare if bare == "…" else shlex.quote(bare) if bare else ""


def _made(function: str, argument: str) -> str:
    """A value of the library's as the command line spells it."""
    bare = argument.partition(",")[0].strip().strip("\"'")
    if function == "local":
        return "local"
    if function in ("col", "azure", "container", "env"):
        return f"{function}:{bare.upper() if bare == argument else bare}"
    return bare if function == "secret" else f"dfai.{function}({argument})"


def plain(text: str) -> str:
    """A docstring's text without its marks.

    >>> plain("A column of them (``dfai.col``), as in `sentiment`.")
    'A column of them (col:NAME), as in sentiment.'
    """
    bare = re.sub(r"``?([^`]+)``?", r"\1", text)
    bare = re.sub(r"\bframe\b", "file", re.sub(r"(?<!\S)\*(\w+)\*", r"\1", bare))
    bare = re.sub(r"""dfai\.col\(["']?(\w+)["']?\)""", r"col:\1", bare).replace("dfai.col", "col:NAME")
    return spoken(" ".join(bare.split()))


def summary_of(method: Any) -> str:
    """The first sentence of a docstring."""
    return plain((inspect.getdoc(method) or "").partition("\n\n")[0])


@cache
def documented(method: Any) -> dict[str, str]:
    """What a docstring in numpy's style says of each parameter.

    >>> documented(Verbs.detect_language)["include"]
    '"error_detail" for what is known of each error.'
    """
    found: dict[str, str] = {}
    names: Collection[str] = ()
    for line in _section(inspect.getdoc(method) or "", "Parameters"):
        if line and not line.startswith(" "):
            names = [name.strip() for name in line.split(",")]
        else:
            for name in names:
                found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return {name: plain(text) for name, text in found.items()}


def _section(doc: str, title: str) -> list[str]:
    lines = doc.splitlines()
    starts = [at for at, line in enumerate(lines[:-1]) if lines[at + 1].startswith("---") and line == title]
    if not starts:
        return []
    rest = lines[starts[0] + 2 :]
    ends = [at - 1 for at, line in enumerate(rest) if line.startswith("---")]
    return rest[: ends[0]] if ends else rest
