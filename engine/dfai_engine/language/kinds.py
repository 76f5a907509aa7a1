"""The kinds of analysis, and which module answers each. A module is imported when its kind is first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from dfai_engine import lacking
from dfai_engine.failures import ServiceFailure
from dfai_engine.lacking import all_here
from dfai_engine.language.documents import Answered, Document

if TYPE_CHECKING:
    from types import ModuleType

    from dfai_engine.language.documents import Analyze

__all__ = ["KINDS", "Kind", "Kinds"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of analysis, in the protocol's spelling."""

    name: str
    module: str  # beside this file
    extra: str  # the extra of dfai that brings its packages
    documents: int = 10  # of one request, as the service has it
    packages: tuple[str, ...] = ()  # those without which nothing of this kind is answered
    alone: bool = True  # as a request of its own
    job: bool = True  # as a task of a job

    def load(self) -> ModuleType:
        """The module that answers; its packages may be missing (ImportError)."""
        return importlib.import_module(f"dfai_engine.language.{self.module}")


# Source of the documents: Azure AI Language, "Service limits" (data limits), read 2026-11-22.
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("SentimentAnalysis", "sentiment", "local"),
        Kind("LanguageDetection", "detect", "local", 1_000, job=False),
        Kind("KeyPhraseExtraction", "key_phrases", "local"),
        Kind("EntityRecognition", "entities", "nlp", 5, ("spacy",)),
        Kind("PiiEntityRecognition", "pii", "nlp", 5),
        Kind("EntityLinking", "linking", "local", 5),
        Kind("ExtractiveSummarization", "summary", "local", alone=False),
    )
}


class Kinds:
    """The handlers of one app.

    Parameters
    ----------
    given
        Handlers to use in place of the built-in ones, by kind.
    """

    def __init__(self, given: Mapping[str, Analyze] | None = None) -> None:
        unknown = set(given or ()) - set(KINDS)
        if unknown:
            raise ValueError(f"no kind {', '.join(sorted(unknown))}; there are: {', '.join(KINDS)}")
        self._given = given or {}

    def analyze(self, name: str, documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
        """One batch through its handler; what the handler lacks on this machine becomes a sentence.

        Raises
        ------
        ServiceFailure
            Also for missing packages and weights, as ``FeatureNotAvailable``: no other request would fare better.
        """
        kind = KINDS[name]
        with all_here(name, kind.extra, partial(ServiceFailure, inner_code=lacking.CODE, target=name)):
            handler = self._given.get(name) or cast("Analyze", kind.load().analyze)
            answered = handler(documents, parameters)
        if len(answered.results) != len(documents):
            raise ValueError(
                f"the handler of {name} gave {len(answered.results)} results for {len(documents)} documents"
            )
        return answered
