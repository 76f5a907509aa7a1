"""The one loader of spaCy pipelines: English, and French where its weights were pulled.

A pipeline is a folder of weights, opened by spaCy itself; no package of models is imported. Its configuration may
only name spaCy's own functions, so that a folder can not choose what code runs.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dfai_engine import weights
from dfai_engine.failures import ServiceFailure
from dfai_engine.language.sentences import replace_surrogates

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["PIPELINES", "Pipeline", "available", "base", "check_config", "need", "pipeline"]

T = TypeVar("T")

PIPELINES: Mapping[str, str] = {"en": "spacy-en-sm", "fr": "spacy-fr-sm"}
_THIRD_PARTY = frozenset({"Adam.v1", "compounding.v1"})  # thinc's, named in every published pipeline
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A loaded pipeline. Its published scores are kept; texts are read through `read` only."""

    nlp: Language
    precision: Mapping[str, float]  # per entity label, as its authors measured it
    version: str
    _busy: threading.Lock = field(default_factory=threading.Lock)

    def read(self, texts: Sequence[str], take: Callable[[Doc], T], *, without: Sequence[str] = ()) -> list[T]:
        """What *take* says of each parsed text, in order; *without* names components to leave out.

        The parsed text must not outlive *take*: it stands in memory that is given back afterwards, as are the
        words it taught the vocabulary. One thread at a time: a spaCy pipeline keeps state while it reads.
        """
        safe = [replace_surrogates(text) for text in texts]
        with self._busy, self._memory(), self.nlp.select_pipes(disable=list(without)):
            return [take(doc) for doc in self.nlp.pipe(safe, batch_size=64)]

    def _memory(self) -> contextlib.AbstractContextManager[object]:
        zone = getattr(self.nlp, "memory_zone", None)  # spaCy 3.8 and later
        return zone() if zone is not None else contextlib.nullcontext()


def base(language: str) -> str:
    """The language of a tag, without script or region.

    >>> base("fr-CA")
    'fr'
    """
    return language.replace("_", "-").partition("-")[0].lower()


def available(language: str) -> bool:
    """Whether the language has a pipeline, its weights are on disk and spaCy is installed."""
    name = PIPELINES.get(base(language))
    return name is not None and importlib.util.find_spec("spacy") is not None and weights.present(name)


def need(what: str) -> None:
    """Fail, naming the extra to install, where spaCy is missing."""
    if importlib.util.find_spec("spacy") is None:
        raise ServiceFailure(
            f'{what} need packages that are not here. pip install "dfai[nlp]"', inner_code="FeatureNotAvailable"
        )


def pipeline(language: str) -> Pipeline:
    """The pipeline of *language*, loaded once per process.

    Raises
    ------
    KeyError
        No pipeline serves this language.
    dfai_engine.weights.ModelMissing
        Its weights are not on disk.
    """
    name = PIPELINES[base(language)]
    with _loading:
        return _load(name)


@functools.cache
def _load(name: str) -> Pipeline:
    folder = weights.folder(name)
    import spacy
    from spacy.util import load_config

    check_config(load_config(folder / "config.cfg", interpolate=False))
    nlp = spacy.load(folder, exclude=["senter"])
    meta = json.loads(Path(folder, "meta.json").read_text(encoding="utf-8"))
    measured = meta["performance"]
    # The French scores by label are zeros, left blank by their authors: then the score over all labels stands.
    precision = {
        label: round(scores["p"] or measured["ents_p"], 2) for label, scores in measured["ents_per_type"].items()
    }
    return Pipeline(nlp, precision, meta["version"])


def check_config(config: Mapping[str, Any]) -> None:
    """Refuse a configuration that names functions of others than spaCy.

    >>> check_config({"model": {"@architectures": "someone.Tagger.v1"}})
    Traceback (most recent call last):
    ...
    ValueError: the pipeline's configuration names 'someone.Tagger.v1', which is not spaCy's
    """
    for key, value in _entries(config):
        if key.startswith("@") and not (str(value).startswith("spacy.") or value in _THIRD_PARTY):
            raise ValueError(f"the pipeline's configuration names {value!r}, which is not spaCy's")
        if key in ("code", "before_creation", "after_creation", "after_pipeline_creation") and value:
            raise ValueError(f"the pipeline's configuration asks to run code ({key})")


def _entries(config: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _entries(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, Mapping):
                    yield from _entries(item)
        else:
            yield key, value
