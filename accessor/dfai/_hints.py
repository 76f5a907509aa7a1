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

_COLUMN_FIRST = 'the column comes first: df.ai.verb("column")'
_ERRORS = "errors stand in the columns <output>_error and <output>_error_message"
_KEY = 'write target=dfai.azure("region", key=dfai.env("NAME"))'
_ENDPOINT = 'write target=dfai.azure(endpoint="https://…")'
_CREDENTIAL = 'write target=dfai.azure(endpoint="https://…", credential=DefaultAzureCredential), the class'
_PACKED = "requests are packed within the service's limits by themselves"
_URLS = "the column may hold URLs, paths or bytes"

# Arguments by the names that other libraries have for them. SynapseML's setters are looked up here too: what
# setTextCol sets is called textCol.
_ARGUMENTS = {
    "input_col": _COLUMN_FIRST,
    "inputCol": _COLUMN_FIRST,
    "textCol": _COLUMN_FIRST,
    "text_col": _COLUMN_FIRST,
    "documents": _COLUMN_FIRST,
    "qCol": _COLUMN_FIRST,
    "valueCol": _COLUMN_FIRST,
    "audioDataCol": f"{_COLUMN_FIRST}; {_URLS}",
    "imageUrlCol": f"{_COLUMN_FIRST}; {_URLS}",
    "imageBytesCol": f"{_COLUMN_FIRST}; {_URLS}",
    "output_col": 'write output="…"',
    "outputCol": 'write output="…"',
    "error_col": _ERRORS,
    "errorCol": _ERRORS,
    "subscription_key": _KEY,
    "subscriptionKey": _KEY,
    "api_key": _KEY,
    "location": 'write target=dfai.azure("region")',
    "endpoint": _ENDPOINT,
    "customServiceName": _ENDPOINT,
    "linkedService": f"{_ENDPOINT}; its key is a reference, key=dfai.secret(…)",
    "AADToken": _CREDENTIAL,
    "credential": _CREDENTIAL,
    "engine": "who answers is target=…; where it runs follows from the frame",
    "languageCol": 'write language=dfai.col("column")',
    "countryHint": 'write country="…"',
    "country_hint": 'write country="…"',
    "opinionMining": 'write include=["opinions"]',
    "show_opinion_mining": 'write include=["opinions"]',
    "piiCategories": "write categories=[…]",
    "categories_filter": "write categories=[…]",
    "domain_filter": 'write domain="phi"',
    "sentenceCount": "write max_sentences=…",
    "max_sentence_count": "write max_sentences=…",
    "modelVersion": 'write model_version="…"',
    "apiVersion": 'write api_version="…"',
    "loggingOptOut": 'write service_logs="off", which is the default',
    "disable_service_logs": 'write service_logs="off", which is the default',
    "disableServiceLogs": 'write service_logs="off", which is the default',
    "visualFeatures": "write features=[…]",
    "visual_features": "write features=[…]",
    "timestampCol": 'write timestamp="column"',
    "groupbyCol": 'write by="column"',
    "maxAnomalyRatio": "write max_anomaly_ratio=…",
    "customInterval": "write custom_interval=…",
    "imputeMode": "write impute=…",
    "voiceName": 'write voice="…"',
    "voice_name": 'write voice="…"',
    "outputFormat": 'write format="…"',
    "useSSML": 'write markup="ssml"',
    "ssml": 'write markup="ssml"',
    "outputFileCol": 'the sounds are bytes; then df.ai.write_files("audio", "out/{id}.wav")',
    "indexName": 'it comes first: df.ai.write_search_index("index", key="id")',
    "keyCol": 'write key="column"',
    "order_by": 'write order="rank" or order="offset"',
    "string_index_type": "offsets count code points, as Python's strings do: nothing to say",
    "model_deployment_name": 'who answers is target=…, and model_version="…" which of its models',
    "provider": "who answers is target=…",
    "temperature": "no model here is generative: the same question has the same answer",
    "retry_total": "write attempts=…, which counts the first try too",
    "retry_backoff_factor": "waits are drawn with full jitter: attempts=… and deadline_s=… bound them",
    "connection_timeout": "write timeout_s=… (one request) or deadline_s=… (a row in all)",
    "read_timeout": "write timeout_s=… (one request) or deadline_s=… (a row in all)",
    "retries": "write attempts=…, which counts the first try too",
    "max_retries": "write attempts=…, which counts the first try too",
    "timeout": "write timeout_s=… (one request) or deadline_s=… (a row in all)",
    "concurrentTimeout": "write deadline_s=…, which is for each row",
    "handler": "retries are built in: attempts=…, timeout_s=…, deadline_s=…",
    "max_workers": "write concurrency=…",
    "max_concurrency": "write concurrency=…",
    "maxConcurrency": "write concurrency=…",
    "batch_size": _PACKED,
    "batchSize": _PACKED,
    "maxBatchSize": _PACKED,
    "show_progress": 'write progress="bar" or progress="off"',
    "use_progress_bar": 'write progress="bar" or progress="off"',
}
# Names that are a verb's own elsewhere, so that only their setters are led to ours.
_SET = {
    "url": 'write target=dfai.container("http://…")',
    "count": "write top=…",
    "format": 'write include=["words", "nbest"]',
}
# What is set by the name that it has here.
_SAME = (
    "concurrency",
    "language",
    "granularity",
    "sensitivity",
    "period",
    "profanity",
    "offset",
    "top",
    "filter",
)

# What is no verb of every kind of frame, but known elsewhere too: by its letters alone.
_BESIDES = {
    "fitmultivariateanomaly": 'df.ai.fit_anomalies(["rpm", "power"])',
    "simplefitmultivariateanomaly": 'df.ai.fit_anomalies(["rpm", "power"])',
    "detectmultivariateanomaly": 'df.ai.fit_anomalies(["rpm", "power"]).detect(df)',
    "simpledetectmultivariateanomaly": 'df.ai.fit_anomalies(["rpm", "power"]).detect(df)',
    "detectlastmultivariateanomaly": 'df.ai.fit_anomalies(["rpm", "power"]).detect(df)',
    "detectmultivariate": 'df.ai.fit_anomalies(["rpm", "power"]).detect(df)',
    "anomalydetector": 'df.ai.detect_anomalies("value", timestamp="at", by="device")',
    "azuresearchwriter": 'df.ai.write_search_index("index", key="id")',
    "adddocuments": 'df.ai.write_search_index("index", key="id")',
    "uploaddocuments": 'df.ai.write_search_index("index", key="id")',
    "writetoazuresearch": 'df.ai.write_search_index("index", key="id")',
    "streamtoazuresearch": 'df.ai.write_search_index("index", key="id")',
    "sentimentanalysis": 'df.ai.sentiment("review")',
    "piientityrecognition": 'df.ai.redact_pii("review")',
    "analyzetextlongrunningoperations": 'df.ai.extract_summary("review")',
    "analyzetext": 'a verb for each kind, such as df.ai.sentiment("review")',
    "customtransformer": 'dfai.Service(…), and df.ai.call(SERVICE, "column")',
}
_ANY_SERVICE = "df.ai.http(…) asks any web service, dfai.Service makes a verb of it"
_LACKING = {
    "translate": f"Texts are not translated here, sounds are: df.ai.translate_speech. {_ANY_SERVICE}",
    "classify": f"No verb sorts by labels of your own. {_ANY_SERVICE}",
    "classifytext": f"No verb sorts by labels of your own. {_ANY_SERVICE}",
    "embed": f"No verb gives vectors. {_ANY_SERVICE}",
    "embeddings": f"No verb gives vectors. {_ANY_SERVICE}",
    "embedtext": f"No verb gives vectors. {_ANY_SERVICE}",
    "similarity": f"No verb compares texts. {_ANY_SERVICE}",
    "extract": f"df.ai.entities finds what the service has categories for; none of your own. {_ANY_SERVICE}",
    "fixgrammar": f"No verb writes texts. {_ANY_SERVICE}",
    "generateresponse": f"No verb writes texts. {_ANY_SERVICE}",
    "responses": f"No verb follows instructions in words. {_ANY_SERVICE}",
    "prompt": f"No verb follows instructions in words. {_ANY_SERVICE}",
    "task": f"No verb follows instructions in words. {_ANY_SERVICE}",
    "parse": f"No verb follows instructions in words. {_ANY_SERVICE}",
}


def missing_verb(name: str) -> str:
    """What to say of ``df.ai.<name>`` where there is no such verb.

    >>> missing_verb("analyze_sentiment").split(". ")[1]
    'Here it is: df.ai.sentiment("review", output="…")'
    """
    start = f"df.ai has no {name!r}."
    if (way := _set_by(name)) is not None:
        return f'{start} There is nothing to set: {way}, as in df.ai.sentiment("review"). All verbs: dfai.verbs().'
    for service in services().values():
        if _plain(name) in map(_plain, service.known_as):
            return f'{start} Here it is: df.ai.{service.name}("review", output="…"). All verbs: dfai.verbs().'
    if _plain(name) in _BESIDES:
        return f"{start} Here it is: {_BESIDES[_plain(name)]}. All verbs: dfai.verbs()."
    if _plain(name) in _LACKING:
        return f"{start} {_LACKING[_plain(name)]}. All verbs: dfai.verbs()."
    near = difflib.get_close_matches(name, verb_names(), n=1)
    hint = f" Did you mean df.ai.{near[0]}(…)?" if near else ""
    return f"{start}{hint} All verbs: dfai.verbs()."


def _set_by(name: str) -> str | None:
    """How to say what SynapseML's setter *name* sets; None for what is no setter that we know."""
    if name == "transform":
        return "call the verb itself"
    if not name.startswith("set"):
        return None
    argument = name[3:]
    small = argument[:1].lower() + argument[1:]
    if small in _SAME:
        return f"write {small}=…"
    return _SET.get(small) or _ARGUMENTS.get(small) or _ARGUMENTS.get(argument)


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
