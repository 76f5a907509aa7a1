"""Contents come in turn and go as their documents end: memory stays flat, and nobody waits for the slowest."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa
import pytest

import dfai
from dfai_core import Call, Config, run, services
from dfai_core.fetching import _MOST_BYTES
from dfai_core.media import Content
from dfai_core.transports.base import Answer, Request
from picture_service import picture

SIZE_BYTES = 1_500_000
COUNT = 120
pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")


class Tagging:
    """Answers with the number that stands at the end of a picture, *first* only once all others are answered."""

    def __init__(self, *, hold_first: bool = False) -> None:
        self.answered: list[str] = []
        self.most_content_bytes = 0
        self._hold_first = hold_first
        self._others = asyncio.Event()

    async def send(self, request: Request) -> Answer:
        assert request.body is not None
        name = request.body[-8:].decode()
        if self._hold_first and name == numbered(0)[-8:].decode():
            await self._others.wait()
        self.answered.append(name)
        if len(self.answered) >= COUNT - 1:
            self._others.set()
        return Answer(200, {}, orjson.dumps({"tagsResult": {"values": [{"name": name, "confidence": 1.0}]}}))

    async def aclose(self) -> None:
        return


def numbered(number: int) -> bytes:
    """The head of a picture, and at its end what tells it from others."""
    return picture(0) + f"{number:08d}".encode()


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Large files, mostly of nothing."""
    folder = tmp_path_factory.mktemp("large")
    made = []
    for number in range(COUNT):
        with (folder / f"{number}.png").open("wb") as file:
            file.write(picture(0))
            file.seek(SIZE_BYTES)
            file.write(f"{number:08d}".encode())
        made.append(file.name)
    return made


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many bytes of contents there are, and the most that there were."""
    import weakref

    counts = {"now": 0, "most": 0}
    lock = threading.Lock()

    class Watched(Content):
        __slots__ = ("__weakref__",)

    def made(data: bytes, digest: bytes, type: str) -> Content:
        content = Watched(data, digest, type)
        with lock:
            counts["now"] += len(data)
            counts["most"] = max(counts["most"], counts["now"])
        weakref.finalize(content, gone, len(data))
        return content

    def gone(size_bytes: int) -> None:
        with lock:
            counts["now"] -= size_bytes

    monkeypatch.setattr("dfai_core.media.reading.Content", made)
    monkeypatch.setattr("dfai_core.store.keys._WRITERS", {**_writers(), Watched: _writers()[Content]})
    return counts


def _writers() -> dict[type, Any]:
    from dfai_core.store import keys

    return keys._WRITERS


def tagged(transport: Any, values: list[Any], **settings: Any) -> pd.DataFrame:
    with dfai.using(target=dfai.container("http://127.0.0.1:9"), transport=transport, progress="off", concurrency=4):
        frame = pd.DataFrame({"p": pd.Series(values, dtype=object)})
        return frame.ai.tag_image("p", **settings)


def test_one_slow_answer_stops_none_of_the_others(paths: list[str], held: dict[str, int]) -> None:
    transport = Tagging(hold_first=True)

    result = tagged(transport, paths)

    assert [tags[0] for tags in result["tags"]] == [f"{number:08d}" for number in range(COUNT)]
    assert transport.answered[-1] == "00000000"
    assert sum(map(len, map(str.encode, transport.answered))) == 8 * COUNT
    assert held["most"] <= _MOST_BYTES + 4 * SIZE_BYTES < COUNT * SIZE_BYTES


def test_bytes_in_rows_are_let_go_too(paths: list[str], held: dict[str, int]) -> None:
    contents = [Path(path).read_bytes() for path in paths]

    result = tagged(Tagging(hold_first=True), contents)

    assert result["tags_error"].isna().all()
    assert held["most"] <= _MOST_BYTES + 4 * SIZE_BYTES


def test_nothing_is_read_for_a_call_that_has_stopped(tmp_path: Path) -> None:
    paths = []
    for number in range(400):
        path = tmp_path / f"{number}.png"
        path.write_bytes(numbered(number))
        paths.append(str(path))

    class Refusing(Tagging):
        async def send(self, request: Request) -> Answer:
            self.answered.append("")
            return Answer(400, {}, b'{"error": {"code": "InvalidRequest", "message": "no"}}')

    transport = Refusing()
    result = tagged(transport, paths, max_error_ratio=0.1)

    codes = result["tags_error"].value_counts()
    assert codes["stopped"] > 200
    assert codes["refused"] == len(transport.answered) < 200


def test_a_file_that_goes_while_others_are_read_costs_its_own_row(tmp_path: Path) -> None:
    paths = []
    for number in range(50):
        paths.append(tmp_path / f"{number}.png")
        paths[-1].write_bytes(numbered(number))
    for path in paths[::5]:
        path.unlink()

    result = tagged(Tagging(), list(map(str, paths)))

    assert result["tags_error"].notna().tolist() == [number % 5 == 0 for number in range(50)]
    assert set(result["tags_error"].dropna()) == {"unreadable"}


def test_reports_count_documents_and_what_was_shared(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.png").write_bytes(numbered(1))
    column = [str(tmp_path / "a.png"), str(tmp_path / "b.png"), str(tmp_path / "a.png"), None, b"", numbered(2)]

    tagged(Tagging(), column)
    run = dfai.last_run()

    assert run is not None
    assert (run.rows, run.documents, run.requests, run.coalesced) == (6, 2, 2, 2)


def test_who_leaves_early_has_the_rest_neither_read_nor_sent(paths: list[str]) -> None:
    transport = Tagging()
    service = services()["tag_image"]
    config = Config(target=dfai.container("http://127.0.0.1:9"), transport=transport, progress="off", store=None)
    options = {option.name: option.default for option in service.options}
    batch = pa.record_batch([pa.array(paths)], names=["p"])
    for _ in range(2):  # the same call again begins anew
        before = len(transport.answered)
        answers = run(Call(service, ("p",), "tags", options=options, config=config, id="left early"), iter([batch]))
        first = next(answers)
        answers.close()

        assert first.column("tags")[0].as_py() == ["00000000"]
        assert before < len(transport.answered) < before + COUNT


def test_a_key_that_was_replaced_is_sent_with_the_same_body(tmp_path: Path) -> None:
    key, sent = tmp_path / "key", []
    key.write_text("first-key-0123456789")

    class Rotating(Tagging):
        async def send(self, request: Request) -> Answer:
            sent.append(request)
            if request.headers["Ocp-Apim-Subscription-Key"].startswith("first"):
                key.write_text("second-key-0123456789")
                return Answer(401, {}, b"{}")
            return await super().send(request)

    target = dfai.container("http://127.0.0.1:9", key=dfai.secret(f"file:{key}"))
    with dfai.using(target=target, transport=Rotating(), progress="off"):
        result = pd.DataFrame({"p": pd.Series([numbered(1)], dtype=object)}).ai.tag_image("p")

    assert result["tags"][0] == ["00000001"]
    assert [request.headers["Content-Type"] for request in sent] == ["application/octet-stream"] * 2
    assert sent[0].body == sent[1].body


def test_an_operation_holds_no_content_once_the_service_works_on_it(paths: list[str], held: dict[str, int]) -> None:
    class Reading(Tagging):
        """Accepts all documents before it answers any."""

        async def send(self, request: Request) -> Answer:
            if request.method == "POST":
                assert request.body is not None
                self.answered.append(request.body[-8:].decode())
                return Answer(202, {"Operation-Location": f"/vision/v3.2/read/{self.answered[-1]}"}, b"")
            if len(self.answered) < COUNT:
                return Answer(200, {}, b'{"status": "running"}')
            line = {"text": request.url[-8:], "boundingBox": [], "words": []}
            page = {"page": 1, "angle": 0, "width": 1, "height": 1, "unit": "pixel", "lines": [line]}
            return Answer(200, {}, orjson.dumps({"status": "succeeded", "analyzeResult": {"readResults": [page]}}))

    with dfai.using(target=dfai.container("http://127.0.0.1:9"), transport=Reading(), progress="off", concurrency=4):
        result = pd.DataFrame({"p": paths}).ai.read_text("p", store=None)

    assert result["text"].tolist() == [f"{number:08d}" for number in range(COUNT)]
    assert held["most"] <= _MOST_BYTES + 4 * SIZE_BYTES
