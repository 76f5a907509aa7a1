"""Batch synthesis: many texts in one job, their sounds in one ZIP file with a summary."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from dfai_engine.failures import ServiceFailure
from dfai_engine.speech import prosody
from dfai_engine.speech.formats import Format, format_named
from dfai_engine.speech.script import Manner, Script, Spoken
from dfai_engine.speech.unspoken import refused
from dfai_engine.speech.voices import voice_called

__all__ = ["MAX_INPUTS", "Done", "Synthesis", "read_definition", "script_of", "write_results"]

# Source: the contract of 2024-04-01 and Azure AI Speech, "Batch synthesis properties", read 2026-11-26.
MAX_INPUTS = 10_000
_MAX_HOURS = 744
_DEFAULT_FORMAT = "riff-24khz-16bit-mono-pcm"
# Ours: what one job may leave on this disk, and how long one of its sounds may be.
_MAX_RESULT_BYTES = 2 << 30
_MAX_S = 3_600.0
_PARAGRAPH = re.compile(r"\r?\n")
_KINDS: Mapping[str, Literal["PlainText", "SSML"]] = {"plaintext": "PlainText", "ssml": "SSML"}
# What only Azure can do, with the value that asks for nothing.
_REFUSED = {
    "wordBoundaryEnabled": "word boundaries are not known",
    "sentenceBoundaryEnabled": "sentence boundaries are not known",
    "destinationContainerUrl": "results are kept by this server alone",
    "decompressOutputFiles": "results are kept by this server alone",
}


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What a job was asked, and what its answers repeat of it."""

    id: str
    operation: str  # its id
    kind: Literal["PlainText", "SSML"]
    inputs: tuple[str, ...] = field(repr=False)
    form: Format
    config: Mapping[str, Any]
    together: bool
    hours: int
    description: str | None
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job."""

    path: Path
    size_bytes: int
    duration_ms: int
    succeeded: int
    failed: int
    characters: int


def read_definition(identity: str, operation: str, definition: Mapping[str, Any], fingerprint: bytes) -> Synthesis:
    """The job that *definition* describes, checked as far as that takes no voice.

    Raises
    ------
    ServiceFailure
        400: it is not what the contract describes, or asks for what is not done here.
    """
    kind = _KINDS.get(str(definition.get("inputKind", "")).lower())
    if kind is None:
        raise refused("InvalidArgument", "inputKind must be PlainText or SSML.")
    inputs = definition.get("inputs")
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= MAX_INPUTS:
        raise refused("InvalidArgument", f"inputs must be a list of 1 to {MAX_INPUTS:,} objects.")
    texts = tuple(_content(one) for one in inputs)
    properties = _object(definition, "properties")
    for name, why in _REFUSED.items():
        if properties.get(name):
            raise refused("UnsupportedProperty", f"properties.{name} is not served here: {why}.")
    if _object(definition, "customVoices"):
        raise refused("UnsupportedProperty", "There are no custom voices here.")
    together = properties.get("concatenateResult", False)
    hours = properties.get("timeToLiveInHours", _MAX_HOURS)
    if not isinstance(together, bool):
        raise refused("InvalidArgument", "properties.concatenateResult must be true or false.")
    if not isinstance(hours, int) or isinstance(hours, bool) or not 1 <= hours <= _MAX_HOURS:
        raise refused("InvalidArgument", f"properties.timeToLiveInHours must be from 1 to {_MAX_HOURS}.")
    config = _object(definition, "synthesisConfig")
    if kind == "PlainText":
        _manner(config)
        if config.get("backgroundAudio"):
            raise refused("UnsupportedProperty", "synthesisConfig.backgroundAudio: recordings are not fetched.")
    description = definition.get("description")
    return Synthesis(
        id=identity,
        operation=operation,
        kind=kind,
        inputs=texts,
        form=format_named(str(properties.get("outputFormat") or _DEFAULT_FORMAT)),
        config=config,
        together=together,
        hours=hours,
        description=None if description is None else str(description),
        fingerprint=fingerprint,
    )


def _object(definition: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = definition.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refused("InvalidArgument", f"{name} must be an object.")
    return value


def _content(one: object) -> str:
    content = one.get("content") if isinstance(one, dict) else None
    if not isinstance(content, str) or not content:
        raise refused("InvalidArgument", "Every input must be an object with its text as content.")
    return content


def _manner(config: Mapping[str, Any]) -> Manner:
    voice = voice_called(str(config.get("voice") or ""))
    return Manner(
        voice,
        rate=prosody.rate(str(config.get("rate") or "default"), 1.0),
        pitch=prosody.pitch(str(config.get("pitch") or "default"), 1.0, voice.pitch_hz),
        volume=prosody.volume(str(config.get("volume") or "default"), 1.0),
    )


def script_of(synthesis: Synthesis, text: str) -> Script:
    """What one of the inputs says."""
    if synthesis.kind == "SSML":
        from dfai_engine.speech.ssml import read_ssml

        return read_ssml(text.encode())
    manner = _manner(synthesis.config)
    return Script(tuple(Spoken(part, manner) for part in _PARAGRAPH.split(text) if part.strip()), len(text))


def write_results(synthesis: Synthesis, path: Path) -> Done:
    """Speaks all inputs into the ZIP file *path*; one that cannot be spoken is told in the summary.

    Raises
    ------
    ServiceFailure
        None of them can be spoken.
    """
    results: list[dict[str, Any]] = []
    size_bytes, duration_s, characters = 0, 0.0, 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, (texts, outcome) in enumerate(_outcomes(synthesis), 1):
            said: dict[str, Any] = {"contents": texts}
            if isinstance(outcome, ServiceFailure):
                results.append({**said, "status": "Failed", "error": outcome.message})
                continue
            script, data, heard_s = outcome
            if size_bytes + len(data) > _MAX_RESULT_BYTES:
                results.append({**said, "status": "Failed", "error": "The job's sounds are larger than is kept here."})
                continue
            name = f"{number:04}.{synthesis.form.suffix}"
            archive.writestr(name, data)
            size_bytes, duration_s = size_bytes + len(data), duration_s + heard_s
            characters += script.characters
            told = {"sizeInBytes": str(len(data)), "durationInMilliseconds": str(round(heard_s * 1_000))}
            results.append({**said, "status": "Succeeded", "audioFileName": name, "properties": told})
        succeeded = sum(one["status"] == "Succeeded" for one in results)
        summary = {"jobID": synthesis.id, "status": "Succeeded" if succeeded else "Failed", "results": results}
        archive.writestr("summary.json", orjson.dumps(summary, option=orjson.OPT_INDENT_2))
    if not succeeded:
        raise refused("NothingToSpeak", f"No input could be spoken: {results[0]['error']}")
    return Done(path, size_bytes, round(duration_s * 1_000), succeeded, len(results) - succeeded, characters)


def _outcomes(
    synthesis: Synthesis,
) -> Iterator[tuple[list[str], tuple[Script, bytes, float] | ServiceFailure]]:
    """The sounds, one for each input, or one of all."""
    from dfai_engine.speech.speaking import sound_of

    groups = [list(synthesis.inputs)] if synthesis.together else [[text] for text in synthesis.inputs]
    for texts in groups:
        try:
            scripts = [script_of(synthesis, text) for text in texts]
            whole = Script(
                tuple(item for script in scripts for item in script.items),
                sum(script.characters for script in scripts),
            )
            yield texts, (whole, *sound_of(whole, synthesis.form, _MAX_S))
        except ServiceFailure as failure:
            yield texts, failure
