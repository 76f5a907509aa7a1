"""Each operation of the contracts of pictures, faces and image search has a route here, whatever it then answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from contracts import CONTRACTS, load
from dfai_engine.app import App, create_app
from engine.wire import ask

# Contract, and what its paths stand below.
SPECIFIED = {
    "image-analysis-2024-02-01/UnifiedVision.json": "/computervision",
    "image-analysis-2023-10-01/generated.json": "/computervision",
    "computer-vision-v3.2/ComputerVision.json": "/vision/v3.2",
    "computer-vision-v3.2/Ocr.json": "/vision/v3.2",
    "face-v1.0/Face.json": "/face/v1.0",
    "face-v1.2-preview.1/Face.json": "/face/v1.2-preview.1",
    "bing-image-search-v7/ImageSearch.json": "/bing/v7.0",
}
SOMEBODY = "3fa85f64-5717-4562-b3fc-2c963f66afa6"

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    made = create_app(workers=1)
    yield made
    made.close()


def operations(contract: str) -> Iterator[tuple[str, str, str]]:
    """Name, method and path of each."""
    written = load(contract)
    for path, methods in {**written["paths"], **written.get("x-ms-paths", {})}.items():
        for method, operation in methods.items():
            if "operationId" in operation:
                yield operation["operationId"], method.upper(), path.partition("?")[0]


@pytest.mark.parametrize("contract", SPECIFIED)
def test_every_operation_of_a_contract_has_a_route(app: App, contract: str) -> None:
    lost = {}
    for name, method, path in operations(contract):
        # Ids as they are chosen, and as they are given out.
        filled = re.sub(r"\{\w*(?:groupId|listId|model)\w*\}", "known", path, flags=re.IGNORECASE)
        filled = re.sub(r"\{\w+\}", SOMEBODY, filled)
        answer = ask(app, method, f"{SPECIFIED[contract]}{filled}?api-version=2024-02-01", json={})
        if "Resource not found" in answer.text or answer.status_code in (405, 500):
            lost[name] = f"{method} {filled}: {answer.status_code}"

    assert lost == {}
