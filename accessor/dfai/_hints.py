"""Names known from elsewhere, led to ours."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from dfai._verbs import verb_names
from dfai_core import Settings, services
from dfai_core.errors import ConfigError

__all__ = ["missing_verb", "on_a_frame", "refuse_foreign_arguments"]

_ARGUMENTS = {
    "input_col": 'the column comes first: df.ai.verb("column")',
    "inputCol": 'the column comes first: df.ai.verb("column")',
    "textCol": 'the column comes first: df.ai.verb("column")',
    "text_col": 'the column comes first: df.ai.verb("column")',
    "output_col": 'write output="…"',
    "outputCol": 'write output="…"',
    "error_col": "errors stand in the columns <output>_error and <output>_error_message",
    "errorCol": "errors stand in the columns <output>_error and <output>_error_message",
    "subscription_key": 'write target=dfai.azure("region", key=dfai.env("NAME"))',
    "subscriptionKey": 'write target=dfai.azure("region", key=dfai.env("NAME"))',
    "location": 'write target=dfai.azure("region")',
    "engine": "who answers is target=…; where it runs follows from the frame",
    "voiceName": 'write voice="…"',
    "voice_name": 'write voice="…"',
    "outputFormat": 'write format="…"',
    "useSSML": 'write markup="ssml"',
    "ssml": 'write markup="ssml"',
    "outputFileCol": 'the sounds are bytes; then df.ai.write_files("audio", "out/{id}.wav")',
    "retries": "write attempts=…, which counts the first try too",
    "timeout": "write timeout_s=… (one request) or deadline_s=… (a row in all)",
    "max_workers": "write concurrency=…",
    "batch_size": "requests are packed within the service's limits by themselves",
}
_SETTERS = {
    "setTextCol": "the column comes first",
    "setInputCol": "the column comes first",
    "setOutputCol": 'write output="…"',
    "setErrorCol": "errors stand in <output>_error",
    "setSubscriptionKey": 'write target=dfai.azure("region", key=dfai.env("NAME"))',
    "setLocation": 'write target=dfai.azure("region")',
    "setVoiceName": 'write voice="…"',
    "setUseSSML": 'write markup="ssml"',
    "setUrl": 'write target=dfai.container("http://…")',
    "setLanguage": 'write language="…"',
    "setConcurrency": "write concurrency=…",
    "transform": "call the verb itself",
}


# What is no verb of every kind of frame, but known elsewhere too.
_BESIDES = {
    "fitmultivariateanomaly": 'df.ai.fit_anomalies(["rpm", "power"])',
    "simplefitmultivariateanomaly": 'df.ai.fit_anomalies(["rpm", "power"])',
    "detectmultivariateanomaly": 'df.ai.fit_anomalies(["rpm", "power"]).detect(df)',
    "detectlastmultivariateanomaly": 'df.ai.fit_anomalies(["rpm", "power"]).detect(df)',
    "detectmultivariate": 'df.ai.fit_anomalies(["rpm", "power"]).detect(df)',
}


def missing_verb(name: str) -> str:
    """What to say of ``df.ai.<name>`` where there is no such verb.

    >>> missing_verb("analyze_sentiment").split(". ")[1]
    'Here it is: df.ai.sentiment("review", output="…")'
    """
    start = f"df.ai has no {name!r}."
    if name in _SETTERS:
        way = f'{_SETTERS[name]}, as in df.ai.sentiment("review")'
        return f"{start} There is nothing to set: {way}. All verbs: dfai.verbs()."
    for service in services().values():
        if _plain(name) in map(_plain, service.known_as):
            return f'{start} Here it is: df.ai.{service.name}("review", output="…"). All verbs: dfai.verbs().'
    if _plain(name) in _BESIDES:
        return f"{start} Here it is: {_BESIDES[_plain(name)]}. All verbs: dfai.verbs()."
    near = difflib.get_close_matches(name, verb_names(), n=1)
    hint = f" Did you mean df.ai.{near[0]}(…)?" if near else ""
    return f"{start}{hint} All verbs: dfai.verbs()."


def on_a_frame(name: str) -> str:
    """What to add where a verb is looked for beside the frames.

    >>> on_a_frame("sentiment"), on_a_frame("setings")
    ('. Verbs stand on frames: df.ai.sentiment(…)', '')
    """
    return f". Verbs stand on frames: df.ai.{name}(…)" if name in verb_names() else ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def refuse_foreign_arguments(arguments: Mapping[str, Any], options: Iterable[str] = ()) -> None:
    """ConfigError for an argument that another library has and we spell otherwise, or that is nearly one of *options*.

    >>> refuse_foreign_arguments({"langage": "en"}, ["language"])
    Traceback (most recent call last):
    dfai_core.errors.ConfigError: no setting or option 'langage'. Did you mean 'language'?
    """
    for name in arguments:
        if name in _ARGUMENTS:
            raise ConfigError(f"no setting or option {name!r}: {_ARGUMENTS[name]}.")
        if name not in Settings.__annotations__ and (near := _nearest(name, options)) is not None:
            raise ConfigError(f"no setting or option {name!r}. Did you mean {near!r}?")


def _nearest(name: str, options: Iterable[str]) -> str | None:
    """Which of *options* is meant by *name*, if that is no nearer to a setting."""
    names = [*options, *Settings.__annotations__]
    near = difflib.get_close_matches(name, names, n=1)
    return near[0] if near and near[0] not in Settings.__annotations__ else None
