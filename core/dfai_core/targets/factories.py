"""Functions that travel to workers: by their name where they can be imported, else as code, with all that it holds."""

from __future__ import annotations

import dis
import functools
import sys
import types
import uuid
from collections.abc import Iterator
from typing import Any

__all__ = ["carried", "name_of"]

# Objects that no import finds, and the name that each has from now on. Kept, so that no other takes its identity.
_named: dict[int, tuple[object, str]] = {}


def name_of(made_by: object) -> str:
    """A name that stands for *made_by* and for nothing else, in this process and in those that it travels to."""
    if _importable(made_by):
        return f"{made_by.__module__}.{made_by.__qualname__}"  # type: ignore[attr-defined]
    if id(made_by) not in _named:
        kind = getattr(made_by, "__name__", type(made_by).__name__)
        _named[id(made_by)] = (made_by, f"{uuid.uuid4().hex}.{kind}")
    return _named[id(made_by)][1]


def carried(made_by: object) -> str | None:
    """The name of a value that would travel inside the pickle of *made_by*, if there is one.

    What can be imported travels as its name. Other functions and classes, such as a notebook's, travel as their code
    together with every value that the code reads from around it: arguments that are bound, closures, globals.

    >>> import functools, json
    >>> carried(json.loads), carried(functools.partial(json.loads, cls=None)), carried(functools.partial(print, "hush"))
    (None, None, 'an argument')
    """
    return next(_values(made_by, "itself", set()), None)


def _values(thing: Any, name: str, seen: set[int]) -> Iterator[str]:
    """Names of the values that would travel with *thing*, which is called *name* where it is met."""
    if id(thing) in seen or _importable(thing):
        return
    seen.add(id(thing))
    match thing:
        case None | bool() | int() | float() | types.ModuleType():
            return
        case functools.partial():
            for value in thing.args:
                yield from _values(value, "an argument", seen)
            for keyword, value in thing.keywords.items():
                yield from _values(value, f"the argument {keyword!r}", seen)
            yield from _values(thing.func, name, seen)
        case types.MethodType():
            yield from _values(thing.__self__, f"the object of its method {thing.__name__!r}", seen)
            yield from _values(thing.__func__, name, seen)
        case types.FunctionType():
            yield from _around(thing, seen)
        case type():
            for attribute, value in vars(thing).items():
                if not (attribute.startswith("__") and attribute.endswith("__")) or callable(value):
                    yield from _values(_unwrapped(value), repr(attribute), seen)
            for base in thing.__bases__:
                yield from _values(base, repr(base.__name__), seen)
        case _:
            yield name


def _around(function: types.FunctionType, seen: set[int]) -> Iterator[str]:
    """What *function*'s code reads from around it."""
    for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield from _values(value, "a default", seen)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # not filled yet
            continue
        yield from _values(value, repr(name), seen)
    for name in _globals_read(function.__code__):
        if name in function.__globals__:
            yield from _values(function.__globals__[name], repr(name), seen)


def _globals_read(code: types.CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals_read(constant)


def _unwrapped(attribute: Any) -> Any:
    """The function behind a class's attribute."""
    if isinstance(attribute, (staticmethod, classmethod)):
        return attribute.__func__
    if isinstance(attribute, property):
        return attribute.fget
    if isinstance(attribute, (types.MemberDescriptorType, types.GetSetDescriptorType)):
        return None
    return attribute


def _importable(thing: object) -> bool:
    """Whether a worker that has the same packages finds *thing* by its name."""
    module, path = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(path, str) or module == "__main__":
        return False
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    # A method is bound anew each time it is looked up.
    return found is thing or (isinstance(thing, types.MethodType) and found == thing)
