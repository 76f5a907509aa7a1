"""Puts ``.ai`` and ``.dfai`` on the frames of each backend's library, whenever that library is imported."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import warnings
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from dfai_core import Backend, backends
from dfai_core.errors import AccessorTaken, ConfigError, DfaiWarning

__all__ = ["register", "watch_imports"]

_OWN = "dfai"
_SHORT = "ai"


def _frame_accessor(frame: Any) -> Any:
    from dfai._frame import FrameAI

    return FrameAI(frame)


def _series_accessor(series: Any) -> Any:
    from dfai._series import SeriesAI

    return SeriesAI(series)


def _attach(backend: Backend) -> None:
    for name in (_OWN, _SHORT):
        holder = backend.attach(name, _frame_accessor, _series_accessor)
        if holder is not None and not holder.startswith(("dfai", "dfai_")):
            warnings.warn(
                f"df.{name} on {backend.name} belongs to {holder} and was left alone. Use df.dfai.sentiment(…) or "
                f'dfai.on(df); dfai.register("{name}", replace=True) takes it over.',
                AccessorTaken,
                stacklevel=2,
            )


def register(name: str, *, replace: bool = False) -> None:
    """Put the accessor on frames under another name, or take a name over.

    Parameters
    ----------
    name
        The attribute, such as "ai".
    replace
        Take the name even where another library has it.
    """
    if not name.isidentifier() or name.startswith("_"):
        raise ConfigError(f"register({name!r}): expected a plain attribute name.")
    for backend in _loaded():
        if backend.trigger not in sys.modules:
            continue
        holder = backend.attach(name, _frame_accessor, _series_accessor)
        if holder is not None and not holder.startswith("dfai"):
            if not replace:
                raise ConfigError(f"df.{name} on {backend.name} belongs to {holder}: replace=True takes it over.")
            backend.detach(name)
            backend.attach(name, _frame_accessor, _series_accessor)


def _loaded() -> list[Backend]:
    """Every backend that can be loaded: a broken one of somebody else's must not break pandas users."""
    found = []
    for point in backends().values():
        try:
            found.append(point.load())
        except (ImportError, AttributeError) as error:
            warnings.warn(f"dfai's backend {point.value} cannot be loaded: {error}", DfaiWarning, stacklevel=3)
    return found


class _Watcher(importlib.abc.MetaPathFinder):
    """Finds nothing itself: it lets the others find a watched module and attaches once that has run."""

    def __init__(self, waiting: dict[str, Backend]) -> None:
        self._waiting = waiting

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._waiting:
            return None
        backend = self._waiting.pop(name)
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader, lambda: _attach(backend))
                return spec
        return None


class _Loader(importlib.abc.Loader):
    """Runs *then* after the module that *loader* loads."""

    def __init__(self, loader: Any, then: Callable[[], None]) -> None:
        self._loader = loader
        self._then = then

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._then()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def watch_imports() -> None:
    """Attaches to the libraries that are here already, and to the others when they come."""
    waiting: dict[str, Backend] = {}
    for backend in _loaded():
        if backend.trigger in sys.modules:
            _attach(backend)
        else:
            waiting[backend.trigger] = backend
    if waiting:
        sys.meta_path.insert(0, _Watcher(waiting))
