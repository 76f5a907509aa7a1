"""Verbs as steps of scikit-learn's pipelines. Importing this imports scikit-learn, so ``import dfai`` does not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from dfai._answer import output_name
from dfai._calls import calls_for
from dfai._frame import FrameAI
from dfai._inputs import listed, read_include
from dfai._saved import from_saved, to_saved
from dfai._signatures import known_verb
from dfai._stages import SETTINGS, checked, own_arguments, split_inputs
from dfai._verbs import VerbCall, Verbs
from dfai_core import Col, Service, services
from dfai_core.errors import ConfigError, MissingExtra

try:
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise MissingExtra(f'dfai.sklearn needs scikit-learn 1.6 or later: {error}. pip install "dfai[sklearn]"') from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AITransformer"]


class Step(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What scikit-learn asks of a step; its own types are not known to checkers."""


class AITransformer(Step):
    """A verb as a step: ``AITransformer("sentiment", fields="numeric")`` gives a classifier the numbers of the answer.

    Parameters
    ----------
    verb
        Which verb.
    column
        The column to read; for ``http`` one of URLs, or a template that names others. Without *column* and *columns*
        every column of X is read, but for those that an option is taken from by ``dfai.col(…)``; so it is in a
        ``ColumnTransformer``, which hands over those that it was told.
    columns
        Several: each is answered on its own, or, for a verb that reads more than one column, they are its inputs in
        order.
    output
        First name of the answer's columns; by default the verb's own.
    fields
        Which columns of the answer come out: names without the output's, as the functions of SQL have them
        (``("positive", "negative")``; the first is the verb's noun), "numeric" for all numbers and truth values, None
        for all.
    include
        More columns of the answer, as the verb's.
    **arguments
        The verb's own options, each a value or ``dfai.col(…)``, and settings. A setting that is not given here is the
        one in force when texts are transformed.

    Notes
    -----
    A frame in, a frame out, with X's index; an array, a list in, an array out. An array of one dimension is one column,
    one of two has the columns ``x0``, ``x1``, …; a null stays null and costs nothing. ``set_output`` works as ever.

    Nothing is learned and ``fit`` sends nothing. Cross-validation transforms the same texts again and again: with
    ``store="memory"``, or a folder, each is paid for once.

    Params hold no key in a pickle, only where one is found; a key itself is refused there.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> texts, stars = ["Lovely room.", "Never again!", "Friendly staff.", "The bed was broken."], [5, 1, 5, 1]
    >>> model = make_pipeline(AITransformer("sentiment", fields=("positive", "negative")), LogisticRegression())
    >>> model.fit(texts, stars).predict(["A lovely stay."])
    array([5])
    """

    def __init__(
        self,
        verb: str,
        *,
        column: Hashable = None,
        columns: Sequence[Hashable] | None = None,
        output: str | None = None,
        fields: Sequence[str] | Literal["numeric"] | None = None,
        include: Sequence[str] | Literal["all"] = (),
        **arguments: Any,
    ) -> None:
        self._given: dict[str, Any] = {}
        named = {"column": column, "columns": columns, "output": output, "fields": fields, "include": include}
        self.set_params(verb=verb, **named, **arguments)

    # ---- params ----------------------------------------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The params, and of the verb's options and the settings those that were given."""
        return {**super().get_params(deep), **self._given}

    def set_params(self, **params: Any) -> Self:
        """Sets params, options and settings by name.

        Raises
        ------
        ConfigError
            For a name that neither the verb nor a setting has. Values are judged by ``fit`` and ``transform``.
        """
        self.verb: str = known_verb(params.get("verb", getattr(self, "verb", None)))
        for name, value in params.items():
            if name in self._get_param_names():
                setattr(self, name, value)
            elif name in ("target", "store") or (self._service.web and name in own_arguments(self.verb)):
                # At once, since the text of a store, and headers, may hold what no repr may show.
                hidden = checked(self.verb, name, value)
                self._given[name] = value if hidden == value else hidden  # copies are checked for being the same
            elif name in own_arguments(self.verb) or name in SETTINGS:
                self._given[name] = value
            else:
                checked(self.verb, name, value)  # raises, and knows what is near
                raise ConfigError(f"AITransformer has no param {name!r}.")
        return self

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {**state, "_given": {name: to_saved(name, value) for name, value in self._given.items()}}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        given = {name: from_saved(value) for name, value in state["_given"].items()}
        super().__setstate__({**state, "_given": given})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = tags.input_tags.one_d_array = tags.input_tags.allow_nan = True
        return tags

    # ---- texts -----------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: object = None) -> Self:
        """Checks params against *X*. Sends nothing."""
        frame = _as_frame(X)
        columns = self._columns(frame.columns)
        asking = _Asking(frame)
        self._ask(asking, columns)
        names = self._names(columns, asking.service)
        validate_data(self, X, skip_check_array=True)
        self.columns_, self.names_ = columns, names
        return self

    def transform(self, X: Any) -> pd.DataFrame | NDArray[Any]:
        """The chosen fields of the answer, a row for each row of *X*.

        Parameters
        ----------
        X
            A pandas frame or series; an array or a list of texts, or of rows of texts.

        Returns
        -------
        A frame for a frame or a series, else an array: of float64 where all fields are numbers, of objects otherwise.
        """
        frame = _as_frame(X)
        # Where columns are named, X may lack the others.
        if self.column is None and self.columns is None and hasattr(self, "columns_"):
            validate_data(self, X, skip_check_array=True, reset=False)
        columns = self._columns(frame.columns)
        service, read = self._service, self._read(columns)
        if service.bind is not None:  # what it reads and answers is in its arguments
            asking = _Asking(frame)
            self._ask(asking, columns)
            service, read = asking.service, asking.columns
        answer = self._ask(FrameAI(frame[read]), columns)[self._names(columns, service)]
        return answer if isinstance(X, (pd.DataFrame, pd.Series)) else _as_array(answer)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """The names of the columns that come out, as ``df.ai`` calls them."""
        known = getattr(self, "feature_names_in_", None)
        if input_features is not None and known is not None and list(input_features) != list(known):
            raise ValueError("input_features is not equal to feature_names_in_")
        if self._service.bind is not None:
            check_is_fitted(self, "names_")
            return np.asarray(self.names_, dtype=object)
        if self.column is None and self.columns is None:
            check_is_fitted(self, "columns_")
            return np.asarray(self._names(self.columns_, self._service), dtype=object)
        return np.asarray(self._names(self._columns(()), self._service), dtype=object)

    def _ask(self, verbs: Verbs[Any], columns: Any) -> Any:
        given = {name: checked(self.verb, name, value) for name, value in self._given.items()}
        inputs = split_inputs(self.verb, columns)
        return getattr(verbs, self.verb)(*inputs, include=self.include, output=self._output, **given)

    @property
    def _service(self) -> Service:
        return services()[self.verb]

    @property
    def _output(self) -> str:
        return self._service.noun if self.output is None else self.output

    def _columns(self, there: Iterable[Hashable]) -> Any:
        """The column that is read, or the list of columns."""
        if self.column is not None and self.columns is not None:
            raise ConfigError("AITransformer: name one column, column=…, or several, columns=[…].")
        if self.column is not None:
            return self.column
        if self.columns is not None:
            return list(self.columns)
        taken = self._named_by_options()
        free = [name for name in there if name not in taken]
        if not free:
            raise ConfigError("AITransformer: X has no column with texts.")
        if free[1:] and self._service.bind is not None:
            raise ConfigError(f"AITransformer({self.verb!r}): say column=…, one of URLs or a template for them.")
        return free[0] if len(free) == 1 else free

    def _named_by_options(self) -> list[Hashable]:
        """The columns from which options are taken, or that options name."""
        values = {option.name for option in self._service.options} | SETTINGS.keys()
        found: list[Hashable] = []
        for name, value in self._given.items():
            if isinstance(value, Col):
                found.append(value.name)
            elif name not in values and value is not None:
                found += value if isinstance(value, (list, tuple)) else [value]
        return found

    def _read(self, columns: Any) -> list[Hashable]:
        """All columns that the verb reads: those that it does not must not clash with its answer's."""
        listed_ones = columns if isinstance(columns, list) else [columns]
        return list(dict.fromkeys([*listed_ones, *self._named_by_options()]))

    def _names(self, columns: Any, service: Service) -> list[str]:
        """The answer's columns that come out."""
        suffixes = self._suffixes(service)
        several = isinstance(columns, list) and len(self._service.inputs) == 1
        first_ones = columns if several else [columns[0] if isinstance(columns, list) else columns]
        return [
            output_name(self._service, self._output, column, several) + suffix
            for column in first_ones
            for suffix in suffixes
        ]

    def _suffixes(self, service: Service) -> list[str]:
        include = read_include(service, self.include)
        columns = dict(zip(service.fields(include).names, service.answer_columns(include), strict=True))
        if self.fields is None:
            return [column.suffix for column in columns.values()]
        if self.fields == "numeric":
            return [column.suffix for column in columns.values() if _is_number(column.type)]
        wanted = [self.fields] if isinstance(self.fields, str) else list(self.fields)
        for name in wanted:
            if name not in columns:
                raise ConfigError(f'{self.verb} has no field {name!r}; it has {listed(list(columns))}, or "numeric".')
        return [columns[name].suffix for name in wanted]


class _Asking(Verbs[None]):
    """Checks what a verb is asked against a frame, and asks nothing.

    Afterwards *service* is the verb's as its arguments made it, and *columns* are those that it reads.
    """

    service: Service
    columns: list[Hashable]

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def _carry_out(self, asked: VerbCall) -> None:
        backend = FrameAI(self._frame)._backend
        calls = [call for call, _ in calls_for(backend, self._frame, asked)]
        self.service = calls[0].service
        self.columns = list(dict.fromkeys(name for call in calls for name in call.columns))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _as_frame(X: Any) -> pd.DataFrame:
    """*X* as a frame; the columns of an array are ``x0``, ``x1``, …, as scikit-learn calls them."""
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, pd.Series):
        return X.to_frame("x0" if X.name is None else X.name)
    if hasattr(X, "to_pandas"):  # polars, pyarrow
        return _as_frame(X.to_pandas())
    if hasattr(X, "tocsr"):
        raise TypeError("AITransformer reads texts: sparse input is not supported.")
    values = np.asarray(X)
    if values.ndim == 1:
        values = values.reshape(-1, 1)
    if values.ndim != 2:
        raise ConfigError(
            f"AITransformer takes texts in a frame, a series, a list, or an array of one or two dimensions, not in "
            f"{'a ' + type(X).__name__ if values.ndim == 0 else f'{values.ndim} dimensions'}."
        )
    return pd.DataFrame(values, columns=[f"x{place}" for place in range(values.shape[1])])


def _as_array(frame: pd.DataFrame) -> NDArray[Any]:
    if all(pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes):
        return frame.to_numpy(dtype=np.float64, na_value=np.nan)
    return frame.to_numpy(dtype=object)
