"""One engine for all tests of voices; skipped where its packages or its weights are not here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dfai_engine import ENGINE, weights
from dfai_engine.app import App, create_app

if ENGINE.lacks("TextIndependent_VerifyProfile"):
    pytest.skip("the extra speech is not installed", allow_module_level=True)
if not weights.present("ge2e-speaker"):
    pytest.skip("needs the model: dfai models pull speech", allow_module_level=True)


@pytest.fixture(scope="package")
def app() -> Iterator[App]:
    """As served: profiles in memory."""
    made = create_app(workers=1)
    yield made
    made.close()
