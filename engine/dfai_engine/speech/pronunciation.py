"""Pronunciation assessment: refused, with what can do it. No open model here tells sounds of speech apart so finely."""

from __future__ import annotations

__all__ = ["MODELS", "REFUSED"]

MODELS: tuple[str, ...] = ()
REFUSED = (
    "AssessPronunciation is not offered by this server: none of its models scores single sounds of speech. "
    "An Azure AI Speech resource serves it (dfai: target=dfai.azure(region=...)); Transcribe hears here what was said."
)
