"""The function that Spark carries to its workers, in a form that arrives even where nothing of ours is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_core.store import has_folders

__all__ = ["carried", "shipped"]

_BRING_US = (
    'Install it on every executor (pip install "dfai[spark]"), or send the wheel along, renamed to dfai.zip: '
    'spark.sparkContext.addPyFile("dfai.zip"), on Connect spark.addArtifact("dfai.zip", pyfile=True).'
)
_BRING_IT = (
    "Install it on every executor, or send a whole environment along with --archives: a zip of dfai carries none of "
    "the packages that it needs."
)
_WITHOUT_STORE = " Or say store=None: then what Spark evaluates again is asked again."


def shipped(call: Call, run: Run, names: Sequence[str]) -> Callable[[Iterator[pa.Array]], Iterator[pa.Array]]:
    """The function for ``arrow_udf``; its annotations tell Spark that it takes and gives iterators.

    Where this process could keep answers in a folder but a worker cannot, that is an error too: the plan would quietly
    be paid for again at each evaluation.
    """
    from dfai_spark.worker import answered

    function = carried(answered, call, run, tuple(names), has_folders(), title=f"dfai_{call.service.name}")
    function.__annotations__ = {"columns": Iterator[tuple[pa.Array, ...]], "return": Iterator[pa.Array]}
    return function


def carried(function: Callable[..., Iterator[Any]], *arguments: Any, title: str) -> Callable[[Any], Iterator[Any]]:
    """*function* with these further *arguments*, as a function of what Spark hands over; plans show its *title*.

    Pickled as it is, it would name modules of ours, and fail in the depths of Spark where a worker lacks them or what
    they import. So what it needs travels as bytes that it opens itself, and it refers to nothing of this module but
    texts: what is missing is then said in one sentence, with the remedy.
    """
    from pyspark import cloudpickle

    whole = cloudpickle.dumps((arguments, function))  # what misses first is then the core itself

    def opened(columns: Iterator[Any]) -> Iterator[Any]:
        import pickle
        import platform
        import sys

        try:
            arguments, function = pickle.loads(whole)  # noqa: S301  our own bytes, from our own driver
            yield from function(columns, *arguments)
        except ImportError as error:
            missing = error.name or getattr(error.__cause__, "name", None)
            if missing is None:  # it says itself what is wrong
                raise
            package = missing.partition(".")[0]
            remedy = _BRING_US if package.startswith("dfai") else _BRING_IT
            if package == "lmdb":
                remedy += _WITHOUT_STORE
            raise ImportError(
                f"the Python of a Spark worker, {sys.executable} on {platform.node()}, lacks the package {package} "
                f"({error}). {remedy}",
                name=package,
            ) from error

    opened.__name__ = title
    return opened
