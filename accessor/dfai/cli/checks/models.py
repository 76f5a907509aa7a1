"""The embedded engine's models: which are on this disk."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dfai._verbs import verb_names
from dfai.cli.checks.check import Check
from dfai.cli.engine import engine, local_state
from dfai_core import services

__all__ = ["models"]


def models() -> Iterator[Check]:
    """For each family, whether the local target answers."""
    if engine() is None:
        yield Check(
            "models",
            "warning",
            "the embedded engine is not installed: there is no local target",
            'pip install "dfai[local]"',
        )
        return
    never = os.environ.get("DFAI_PULL", "").lower() == "never"
    families: dict[str, dict[str, list[str]]] = {}
    lacking: dict[tuple[str, str], list[str]] = {}
    for name in verb_names():
        service = services()[name]
        if not service.web:
            state, need = local_state(service)
            families.setdefault(service.family, {}).setdefault(state, []).append(name)
            if state == "install":
                lacking.setdefault((service.family, need), []).append(name)
    for family, states in families.items():
        if states.get("here"):
            yield Check("models", "ok", f"{family}: {', '.join(states['here'])}")
        if states.get("fetch"):
            found = f"{family}: {', '.join(states['fetch'])} lack their models"
            remedy = "dfai models list says which there are; dfai models pull FAMILY fetches them."
            if never:
                yield Check("models", "warning", f"{found}, and DFAI_PULL=never forbids to fetch them", remedy)
            else:
                yield Check("models", "ok", f"{found}, which the first call fetches", remedy)
        for (of, need), names in lacking.items():
            if of == family:  # nothing is wrong: an extra that nobody asked for
                yield Check("models", "ok", f"{family}: {', '.join(names)} are not installed", need)
