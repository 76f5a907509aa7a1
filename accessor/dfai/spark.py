"""Verbs as stages of Spark's ML pipelines, and over the newest points of its streams.

It is here and not in Spark's backend because a stage is a way of calling verbs, as the accessor is: it needs their
signatures, and a backend knows calls only. Importing it imports pyspark, so ``import dfai`` does not import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

from dfai._frame import FrameAI
from dfai._rolling import rolling_anomalies
from dfai._saved import from_saved, to_saved
from dfai._signatures import known_verb, signature_of
from dfai._stages import SETTINGS, checked, own_arguments, said_of, split_inputs
from dfai_core import services
from dfai_core.errors import ConfigError, MissingExtra

try:
    from pyspark.ml import Transformer
    from pyspark.ml.param import Param
    from pyspark.ml.param.shared import HasInputCol, HasInputCols, HasOutputCol
    from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter, MLReadable, MLReader, MLWritable, MLWriter
except ImportError as error:
    raise MissingExtra(f'dfai.spark needs pyspark with its ML: {error}. pip install "dfai[spark]"') from error

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["AITransformer", "rolling_anomalies"]


class Stage(Transformer, HasInputCol, HasInputCols, HasOutputCol, MLReadable["AITransformer"], MLWritable):  # type: ignore[misc]
    """What Spark asks of a stage; its own types are not known to checkers."""


class AITransformer(Stage):
    """A verb as a stage: ``AITransformer("sentiment", inputCol="text")`` adds what ``df.ai.sentiment("text")`` adds.

    Columns have the names that Spark's stages give them (``inputCol``, ``outputCol``); the verb's own options,
    ``include``, ``if_exists`` and the settings are called as everywhere in dfai. Each is a `Param`: ``explainParams()``
    tells them, ``copy(extra)`` and parameter grids change them, ``save`` writes them. What a verb does not have, its
    stage has not.

    Parameters
    ----------
    verb
        Which verb; it stays the stage's.
    inputCol
        The column to read.
    inputCols
        Several: each is answered on its own, or, for a verb that reads more than one column, they are its inputs in
        order.
    outputCol
        First name of the answer's columns, as the verb's ``output``.
    **arguments
        The verb's own options, each a value or ``dfai.col(…)``, its ``include`` and ``if_exists``, and settings. A
        setting that is not given here is the one in force when a frame is transformed.

    Raises
    ------
    ConfigError
        When it is given: for a name or a value that the verb does not take.

    Notes
    -----
    A stage has nothing to learn: ``Pipeline.fit`` sends requests only for what later stages must learn from. Frames
    stay lazy; streams are served too. What is saved holds no key, only where one is found.

    Examples
    --------
    >>> from dfai.spark import AITransformer
    >>> stage = AITransformer("sentiment", inputCol="text", language="en", concurrency=8)
    >>> print(stage.explainParam("language"))
    language: ISO 639-1 code, a column of them (``dfai.col``), or "auto". (default: auto, current: en)
    """

    def __init__(
        self,
        verb: str,
        *,
        inputCol: str | None = None,  # noqa: N803  Spark's names
        inputCols: Sequence[str] | None = None,  # noqa: N803
        outputCol: str | None = None,  # noqa: N803
        **arguments: Any,
    ) -> None:
        super().__init__()
        self._verb = known_verb(verb)
        self.verb: Param[str] = Param(self, "verb", "which verb; it stays the stage's", partial(_same_verb, verb))
        defaults = {**own_arguments(verb), **signature_of(verb).words}
        for name in (*defaults, *SETTINGS):
            doc = SETTINGS.get(name) or said_of(verb, name)
            setattr(self, _param_name(name), Param(self, _param_name(name), doc, partial(checked, verb, name)))
        self._setDefault(outputCol=services()[verb].noun)
        self._setDefault(**{_param_name(name): default for name, default in defaults.items()})
        columns = {"inputCol": inputCol, "inputCols": inputCols, "outputCol": outputCol}
        self._set(verb=verb, **{name: value for name, value in columns.items() if value is not None}, **arguments)

    def setParams(self, **params: Any) -> Self:  # noqa: N802
        """Sets several params by their names."""
        return self._set(**params)

    def setInputCol(self, value: str) -> Self:  # noqa: N802
        """Sets the column to read."""
        return self._set(inputCol=value)

    def setInputCols(self, value: Sequence[str]) -> Self:  # noqa: N802
        """Sets the columns to read."""
        return self._set(inputCols=value)

    def setOutputCol(self, value: str) -> Self:  # noqa: N802
        """Sets the first name of the answer's columns."""
        return self._set(outputCol=value)

    def getVerb(self) -> str:  # noqa: N802
        """The verb."""
        return self._verb

    def write(self) -> MLWriter:
        """Writes this stage; ConfigError where it holds a key itself."""
        return _Writer(self)

    @classmethod
    def read(cls) -> MLReader[Self]:
        """Reads a stage that was saved."""
        return _Reader(cls)

    def _set(self, **params: Any) -> Self:
        for name, value in params.items():
            if not self.hasParam(_param_name(name)):
                if name in _SPARKS_NAMES:
                    raise ConfigError(f"AITransformer has no param {name!r}: among stages it is {_SPARKS_NAMES[name]}.")
                checked(self._verb, name, value)  # raises, and knows what is near
            param = self.getParam(_param_name(name))
            # Spark lets None pass by the converters. It is a value of some settings, and a mistake elsewhere.
            self._paramMap[param] = param.typeConverter(value)
        return self

    def _transform(self, dataset: DataFrame) -> DataFrame:
        values = {_argument_name(param.name): value for param, value in self.extractParamMap().items()}
        if ("inputCol" in values) == ("inputCols" in values):
            raise ConfigError(f"AITransformer({self._verb!r}): name one column, inputCol=…, or several, inputCols=[…].")
        inputs = split_inputs(self._verb, values["inputCol"] if "inputCol" in values else list(values["inputCols"]))
        own = {name: value for name, value in values.items() if name not in ("verb", *_SPARKS_NAMES.values())}
        answered: DataFrame = getattr(FrameAI(dataset), self._verb)(*inputs, output=values["outputCol"], **own)
        return answered


_SPARKS_NAMES = {"column": "inputCol", "columns": "inputCols", "output": "outputCol"}


def _same_verb(verb: str, value: Any) -> str:
    if value != verb:
        raise ConfigError(f"this stage's verb is {verb!r}: make another stage for {value!r}.")
    return verb


def _param_name(name: str) -> str:
    """An argument's name as a `Param`: one that is a method of every stage (``copy``) gets an underscore."""
    held = getattr(AITransformer, name, None)
    return name if held is None or isinstance(held, Param) else f"{name}_"


def _argument_name(name: str) -> str:
    return name.removesuffix("_")


class _Writer(MLWriter):  # type: ignore[misc]
    """Writes a stage as Spark's own are written, its params as `to_saved` has them."""

    def __init__(self, stage: AITransformer) -> None:
        super().__init__()
        self._stage = stage
        self._params()  # refused before anything is overwritten

    def saveImpl(self, path: str) -> None:  # noqa: N802
        DefaultParamsWriter.saveMetadata(
            self._stage, path, self.sparkSession, {"dfaiVersion": version("dfai")}, self._params()
        )

    def _params(self) -> dict[str, Any]:
        return {param.name: to_saved(param.name, value) for param, value in self._stage._paramMap.items()}

    def _handleOverwrite(self, path: str) -> None:  # noqa: N802
        if hasattr(self.sparkSession, "_jsparkSession"):
            super()._handleOverwrite(path)
        else:  # the way of Spark's own stages has a JVM at hand
            from pyspark.ml.connect.readwrite import RemoteMLWriter

            RemoteMLWriter.handleOverwrite(path, True)


class _Reader(MLReader["AITransformer"]):  # type: ignore[misc]
    """Reads what `_Writer` wrote. Defaults are those of the time of writing."""

    def __init__(self, cls: type[AITransformer]) -> None:
        super().__init__()
        self._cls = cls

    def load(self, path: str) -> AITransformer:
        found = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        given = {name: from_saved(value) for name, value in found["paramMap"].items()}
        try:
            stage = self._cls(**{_argument_name(name): value for name, value in given.items()})
        except ConfigError as error:
            raise ConfigError(
                f"{path} was saved by dfai {found.get('dfaiVersion')}; this is {version('dfai')}: {error}"
            ) from error
        known = {name: from_saved(value) for name, value in found["defaultParamMap"].items() if stage.hasParam(name)}
        stage._setDefault(**known)
        stage._resetUid(found["uid"])
        return stage
