"""What is to be said, by which voice and in what manner: what SSML or a plain text comes to."""

from __future__ import annotations

from dataclasses import dataclass

from dfai_engine.speech.voices import Voice

__all__ = ["Manner", "Pause", "Script", "Spoken"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How something is said; rate, pitch and volume are multiples of the voice's own."""

    voice: Voice
    rate: float = 1.0
    pitch: float = 1.0
    volume: float = 1.0
    between_ms: int = 0  # of silence between sentences, besides the voice's own


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words in one manner."""

    text: str
    manner: Manner


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    ms: int


@dataclass(frozen=True, slots=True)
class Script:
    """What is said one after the other; *characters* is how many the service would bill."""

    items: tuple[Spoken | Pause, ...]
    characters: int

    @property
    def voices(self) -> tuple[str, ...]:
        """The names of those who speak, in the order of their first words."""
        return tuple(dict.fromkeys(item.manner.voice.short_name for item in self.items if isinstance(item, Spoken)))
