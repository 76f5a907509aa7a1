"""The engine's door: what a client in the same process asks of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from dfai_engine.app import App

__all__ = ["ENGINE", "Engine"]

# What every answer goes through. Every extra with models brings it.
_ANY = ("starlette",)


class Engine:
    """Makes the application, and sees to the weights that its kinds of analysis need."""

    def create_app(
        self,
        *,
        key: str | None = None,
        limits: Literal["azure", "wide"] = "wide",
        kinds: Mapping[str, Any] | None = None,
        workers: int | None = None,
        data: str | None = None,
    ) -> App:
        """An ASGI application; see :func:`dfai_engine.app.create_app`. In process, batches may be large.

        *data*, the folder of clients' files, is ``DFAI_DATA`` if it is not given. Without either, lists of faces and
        groups of persons are kept in the user's own data folder: the processes of a host that work on one job share
        them. Folders of pictures to be found are those in ``DFAI_IMAGES`` at the time of a search.
        """
        from dfai_engine.app import create_app
        from dfai_engine.places import data_folder

        folder = data or os.environ.get("DFAI_DATA") or None
        return create_app(key=key, limits=limits, kinds=kinds, workers=workers, data=folder, home=data_folder(None))

    def missing(self, kinds: Sequence[str]) -> list[str]:
        """The models that these kinds of analysis want and that are not on this disk.

        A kind whose packages are missing wants none: its requests say what to install.
        """
        from dfai_engine import weights

        wanted = dict.fromkeys(name for kind in kinds for name in self._models(kind)[0])
        return [name for name in wanted if not weights.present(name)]

    def refuses(self, kind: str) -> str | None:
        """Why this engine never answers a kind of analysis, and who does; None for the kinds that it answers."""
        from dfai_engine.families import operation

        try:
            module = operation(kind).load()
        except ImportError:  # it could answer: `lacks` says with what
            return None
        reason: str | None = getattr(module, "REFUSED", None)
        return reason

    def lacks(self, kind: str) -> str | None:
        """The extra that must be installed before anything of this kind is answered; None if all is here."""
        from dfai_engine.families import operation

        found = operation(kind)
        return found.extra if any(find_spec(package) is None for package in (*_ANY, *found.packages)) else None

    def prepare(self, kinds: Sequence[str], announce: Callable[[str], None] = print) -> None:
        """Fetch what is missing for these kinds, once; *announce* gets one line that says what and how large.

        ``DFAI_PULL=never`` fetches nothing. The models are then missing where they are needed, and the
        request says so.

        Raises
        ------
        ModelMissing
            The weights could not be fetched; the message says why, and what else to do.
        """
        if os.environ.get("DFAI_PULL", "").lower() == "never":
            return
        names = self.missing(kinds)
        if names:
            from dfai_engine import pull, weights

            try:
                pull.pull([weights.model(name) for name in names], announce=announce)
            except pull.PullFailed as failed:
                raise weights.ModelMissing(
                    f"{failed} Without an index: dfai models pull --from FOLDER, or copy the model folder of another "
                    "machine. To go without: DFAI_PULL=never"
                ) from failed

    def versions(self, kinds: Sequence[str] | None = None) -> dict[str, str]:
        """For each kind, the engine's version and the models on this disk that would answer it.

        Two machines with the same versions give the same answers, so a client may key stored answers by them.
        """
        from dfai_engine import weights
        from dfai_engine.families import operations
        from dfai_engine.version import version

        found = {}
        for kind in operations() if kinds is None else kinds:
            needed, optional = self._models(kind)
            present = [name for name in (*needed, *optional) if weights.present(name)]
            found[kind] = "+".join([version(), *present])
        return found

    @staticmethod
    def _models(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        from dfai_engine.families import operation

        found = operation(name)
        try:
            module = found.load()
        except ImportError:
            return (), ()
        return getattr(module, "MODELS", ()), getattr(module, "OPTIONAL_MODELS", ())


ENGINE = Engine()
