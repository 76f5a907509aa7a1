"""Verbs as temporary SQL functions of a session, with named and default arguments, on classic Spark and on Connect."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from dfai_core.backend import Form, Function, Parameter
from dfai_core.call import Call
from dfai_core.errors import ConfigError
from dfai_spark.budget import budget_for
from dfai_spark.plan import arrow_functions, quoted
from dfai_spark.shipped import shipped
from dfai_spark.types import spark_type, sql_type
from dfai_spark.workers_python import own_python

__all__ = ["register"]

_PRIVATE = "__dfai_"
# Ends the comment of each function of ours: by it we know them again, in another process of the same session too.
_OURS = "(dfai)"


def register(session: Any, functions: Sequence[Function]) -> None:
    """Makes *functions* known to SQL in *session*.

    Spark takes no named arguments for a function that works on iterators of Arrow arrays. So each is registered under a
    private name, with a SQL function around it that has the names and the defaults, and in its body the guard that
    `dfai_spark.plan` describes: without it, a filter on the answer would move below earlier joins and aggregates.

    Raises
    ------
    ConfigError
        For a name that another function has: nothing is registered then.
    """
    from pyspark.sql import DataFrame

    if isinstance(session, DataFrame):
        raise ConfigError(
            f"functions are registered in a SparkSession, not in a {type(session).__name__}: "
            "dfai.register_functions(df.sparkSession)."
        )
    _refuse_taken_names(session, [function.name for function in functions])
    for function in functions:
        if function.refusal is None:
            _register_private(session, function)
        session.sql(definition(function))


def _refuse_taken_names(session: Any, names: Sequence[str]) -> None:
    taken = [name for name in names if not _free_or_ours(session, name)]
    if taken:
        raise ConfigError(
            f"these names are taken in this session, by Spark itself or by somebody: {', '.join(map(repr, taken))}. "
            'Nothing was registered. Choose other names, dfai.register_functions(spark, prefix="my_ai_"), or only some '
            'verbs, verbs=["sentiment"].'
        )


def _free_or_ours(session: Any, name: str) -> bool:
    if not session.catalog.functionExists(name):
        return True
    found = session.catalog.getFunction(name)
    try:  # Spark describes functions that are written in SQL as JSON
        comment = json.loads(found.description or "")["sqlFunction.comment"]
    except (ValueError, TypeError, KeyError):
        return False
    return bool(found.isTemporary) and str(comment).endswith(_OURS)


def _register_private(session: Any, function: Function) -> None:
    calls = {"": (function.call, function.run), **{f"_{one.parameter}": (one.call, one.run) for one in function.forms}}
    for suffix, (made, run) in calls.items():
        call = replace(_reading_lists(function, made).shipped(), budget=budget_for(session, made))
        answers = shipped(call, run, function.fields.names)
        with own_python(session):
            ask = arrow_functions().arrow_udf(answers, spark_type(function.fields, named=True))
            session.udf.register(f"{_PRIVATE}{function.name}{suffix}", ask)


def definition(function: Function) -> str:
    """The SQL that makes *function* around its private half."""
    paths = [f"{quoted(one.path)} STRING DEFAULT NULL" for one in function.parameters if one.path is not None]
    parameters = ", ".join([*map(_declared, function.parameters), *paths])
    if function.refusal is None:
        arguments = ", ".join(map(_passed, function.parameters))
        asked = f"{quoted(_PRIVATE + function.name)}({arguments})"
        if function.forms:
            asked = f"CASE {' '.join(_formed(function, form) for form in function.forms)} ELSE {asked} END"
        body = f"CASE WHEN spark_partition_id() >= 0 THEN {asked} END"
    else:
        body = f"raise_error({_literal(function.refusal)})"
    return (
        f"CREATE OR REPLACE TEMPORARY FUNCTION {quoted(function.name)}({parameters}) "
        f"RETURNS {sql_type(pa.struct(list(function.fields)))} "
        f"COMMENT {_literal(f'{function.comment} {_OURS}')} RETURN {body}"
    )


def _formed(function: Function, form: Form) -> str:
    """The branch of *form*: rows of the other branches, which Spark hands to it as well, are nulls to it."""
    inputs, options = form.call.inputs, {name for name, _ in form.call.varying}
    replaced = [one for one in function.parameters if one.name in function.call.inputs and one.name not in inputs]
    absent = [f"{quoted(name)} IS NULL" for one in replaced for name in (one.name, one.path) if name is not None]
    where = " AND ".join([f"{quoted(form.parameter)} IS NOT NULL", *absent])
    given = [f"CASE WHEN {where} THEN {_passed(one)} END" for one in function.parameters if one.name in inputs]
    given += [_passed(one) for one in function.parameters if one.name in options]
    return f"WHEN {where} THEN {quoted(f'{_PRIVATE}{function.name}_{form.parameter}')}({', '.join(given)})"


def _declared(parameter: Parameter) -> str:
    declared = f"{quoted(parameter.name)} {sql_type(parameter.type)}"
    if parameter.required:
        return declared
    return f"{declared} DEFAULT {_default(parameter)}"


def _passed(parameter: Parameter) -> str:
    if parameter.path is not None:
        return f"named_struct('path', {quoted(parameter.path)}, 'content', {quoted(parameter.name)})"
    # Of a list the core could not tell which are equal.
    return f"to_json({quoted(parameter.name)})" if pa.types.is_list(parameter.type) else quoted(parameter.name)


def _default(parameter: Parameter) -> str:
    value = parameter.default
    if value is None:
        return "NULL"
    if pa.types.is_list(parameter.type):
        return f"CAST(array({', '.join(map(_literal, value))}) AS {sql_type(parameter.type)})"
    return _literal(value)


def _literal(value: Any) -> str:
    """A value as SQL writes it.

    >>> print(_literal("it's \\\\"), _literal(True), _literal(3))
    'it\\'s \\\\' true 3
    """
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _reading_lists(function: Function, call: Call) -> Call:
    """A *call* of the function, with the options that are lists read from the text that they travel as."""
    lists = {parameter.name for parameter in function.parameters if pa.types.is_list(parameter.type)}
    service = call.service
    options = tuple(
        replace(option, check=_FromText(option.check)) if option.name in lists else option for option in service.options
    )
    return replace(call, service=replace(service, options=options)) if lists else call


@dataclass(frozen=True, slots=True)
class _FromText:
    check: Callable[[str, Any], Any]

    def __call__(self, name: str, value: Any) -> Any:
        return self.check(name, json.loads(value))
