"""Several things about a picture in one request: a column for each feature that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dfai_core.errors import ConfigError
from dfai_core.service import Bound, Column, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.vision.describe_image import NO_CAPTION
from dfai_core.services.vision.features import FEATURES
from dfai_core.services.vision.wire import (
    API_VERSION,
    FETCH,
    IMAGES,
    LANGUAGE,
    LIMITS,
    TRANSACTIONS,
    V3,
    analysis,
    either,
    exchange,
    is_v3,
    only_v3,
    only_v4,
    v3_path,
)

__all__ = ["ANALYZE_IMAGE"]

_DEFAULT = ("tags", "objects")


@dataclass(frozen=True, slots=True)
class _Wire:
    """Makes the exchange of one call, which asks for *features*. It travels, so it is a value."""

    features: tuple[str, ...]

    def __call__(self, wiring: Wiring) -> Exchange:
        v3 = is_v3(wiring)
        spellings = [FEATURES[name].v3 if v3 else FEATURES[name].v4 for name in self.features]
        known = [spelling for spelling in spellings if spelling is not None]
        assert len(known) == len(spellings)  # `versions` has said otherwise before
        names, language = [spelling.name for spelling in known], {"language": wiring.options["language"]}

        def values(body: Mapping[str, Any]) -> Values | Failure:
            found = tuple(spelling.value(body) for spelling in known)
            return NO_CAPTION if found[0] is None and self.features[0] == "caption" else found

        if v3:
            return exchange(v3_path(wiring, "analyze", {"visualFeatures": ",".join(names), **language}), values)
        return exchange(analysis(wiring, names, language), values)


def _features(name: str, value: Any) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)
    wrong = [word for word in words if word not in FEATURES]
    if wrong or not words or len(set(words)) < len(words):
        known = ", ".join(map(repr, FEATURES))
        said = f"{wrong[0]!r} is no feature" if wrong else "each feature once"
        raise ConfigError(f"{name}={value!r}: {said}; choose from {known}.")
    return words


def _bound(
    service: Service,
    _find: Callable[[Hashable], Hashable],
    _columns: Sequence[Hashable],
    image: Any,
    options: Mapping[str, Any],
) -> Bound:
    """The service of one call: its columns are the features."""
    features = _features("features", options["features"])
    v3 = [name for name in features if FEATURES[name].v4 is None]
    v4 = [name for name in features if FEATURES[name].v3 is None]
    if v3 and v4:
        raise ConfigError(
            f"features: {v3[0]!r} takes Computer Vision v3.2 and {v4[0]!r} takes Image Analysis 4.0: "
            "ask for them in two calls."
        )
    bound = replace(
        service,
        columns=tuple(Column(f"_{name}", FEATURES[name].type, FEATURES[name].doc) for name in features),
        options=tuple(option for option in service.options if option.name != "features"),
        wire=_Wire(features),
        api_version=V3 if v3 else API_VERSION,
        versions=only_v3 if v3 else only_v4 if v4 else either,
        bind=None,
    )
    return Bound(bound, (image,), {name: value for name, value in options.items() if name != "features"})


_BESIDE = "each feature may count as a transaction of its own"

ANALYZE_IMAGE = Service(
    name="analyze_image",
    family="vision",
    noun="image",
    inputs=("image",),
    columns=tuple(Column(f"_{name}", FEATURES[name].type, FEATURES[name].doc) for name in _DEFAULT),
    options=(Option("features", "request", _DEFAULT, _features), LANGUAGE, FETCH),
    limits=LIMITS,
    billing=replace(TRANSACTIONS, beside=_BESIDE),
    operation="AnalyzeImage",
    wire=_Wire(_DEFAULT),
    api_version=API_VERSION,
    versions=either,
    reads="media",
    media=IMAGES,
    known_as=("AnalyzeImage", "analyze", "image_analysis"),
    bind=_bound,
)
