"""``import dfai`` puts an ``.ai`` accessor on pandas, polars, Dask and Spark frames.

>>> df = pd.DataFrame({"review": ["Lovely room.", "Never again!"]})
>>> df.ai.sentiment("review")["sentiment"].tolist()
['positive', 'negative']
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING

from dfai import errors, store, testing
from dfai._estimated import Estimate
from dfai._files import files
from dfai._frame import FrameAI, on
from dfai._functions import register_functions
from dfai._models import AnomalyModel, load_model
from dfai._people import Face, FaceList, Person, PersonGroup, faces
from dfai._plots import plot_anomalies
from dfai._register import register
from dfai._register import watch_imports as _watch_imports
from dfai._report import last_run, track
from dfai._run import Run
from dfai._settings import configure, prices, settings, using
from dfai._show import Shown
from dfai._speakers import Speaker, speakers
from dfai._verbs import Verbs
from dfai._verbs import verb_names as verbs
from dfai._voices import list_voices
from dfai_core import Batch, Col, Failure, Pages, Poll, Secret, Settings, col
from dfai_core.backend import backends as _backends
from dfai_core.prices import Price, Prices
from dfai_core.secrets import env, secret
from dfai_core.services.web.own import Response, Service
from dfai_core.targets import Target, azure, container, local, route

__all__ = [
    "AnomalyModel",
    "Batch",
    "Col",
    "Estimate",
    "Face",
    "FaceList",
    "Failure",
    "FrameAI",
    "Pages",
    "Person",
    "PersonGroup",
    "Poll",
    "Price",
    "Prices",
    "Response",
    "Run",
    "Secret",
    "Service",
    "Settings",
    "Shown",
    "Speaker",
    "Target",
    "Verbs",
    "azure",
    "backends",
    "col",
    "configure",
    "container",
    "env",
    "errors",
    "faces",
    "files",
    "last_run",
    "list_voices",
    "load_model",
    "local",
    "on",
    "plot_anomalies",
    "prices",
    "register",
    "register_functions",
    "route",
    "secret",
    "settings",
    "speakers",
    "store",
    "testing",
    "track",
    "using",
    "verbs",
]


def backends() -> tuple[str, ...]:
    """The libraries whose frames can be served here, by their top module."""
    return tuple(sorted(_backends()))


if not _TYPE_CHECKING:  # or checkers would take every name for one of these

    def __getattr__(name: str) -> object:
        """``dfai.spark`` and ``dfai.sklearn`` are imported when they are named: each brings its library."""
        if name in ("sklearn", "spark"):
            return _import_module(f"dfai.{name}")
        from dfai._hints import on_a_frame

        raise AttributeError(f"module 'dfai' has no attribute {name!r}{on_a_frame(name)}", name=name)


_watch_imports()
