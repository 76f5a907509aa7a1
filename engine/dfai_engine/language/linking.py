"""Entity linking: refused, with what can do it. No open model that fits a laptop carries an encyclopedia."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfai_engine.language.documents import Answered, Document, ServiceFailure

__all__ = ["MODELS", "OPTIONAL_MODELS", "REFUSED", "analyze"]

MODELS: tuple[str, ...] = ()
OPTIONAL_MODELS: tuple[str, ...] = ()


REFUSED = (
    "EntityLinking is not offered by this server: linking needs an encyclopedia, and there is none in its models. "
    "An Azure AI Language resource serves it (dfai: target=dfai.azure(region=...)); "
    "the kind EntityRecognition finds the entities here, without links."
)


def analyze(_documents: Sequence[Document], _parameters: Mapping[str, object]) -> Answered:
    """Refuse the whole request.

    Raises
    ------
    ServiceFailure
        Always.
    """
    raise ServiceFailure(REFUSED, inner_code="FeatureNotAvailable", target="kind")
