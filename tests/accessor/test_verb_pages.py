"""The pages of the verbs: each sample runs on the libraries it names, and prints what the page says that it prints."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import dask.dataframe as dd
import pandas as pd
import pytest

import dfai
import pages
import verb_pages
from dfai_engine import ENGINE
from frames import SparkFrames
from pages import DOCS, Block, blocks, run
from served import served
from speech_service import SpeechService, speech_running
from verb_pages import HEADINGS, PAGES, PARTS
from web_of_pages import web

VERBS = sorted(path.stem for path in PAGES.glob("*.md"))
HERE = Path(__file__).parent
SEEN, HEARD = HERE.parent / "engine" / "vision" / "media", HERE.parent / "media"
# What the pages call the pictures and the sounds of the tests.
FILES = {
    "photos/cat.jpg": SEEN / "object_cat.jpg",
    "photos/coffee.jpg": SEEN / "object_coffee.jpg",
    "photos/invoice.png": SEEN / "printed_text.png",
    "album/cat.jpg": SEEN / "object_cat.jpg",
    "album/coffee.jpg": SEEN / "object_coffee.jpg",
    "faces/eileen1.jpg": HEARD / "face_a1.jpg",
    "faces/eileen2.jpg": HEARD / "face_a2.jpg",
    "faces/grace.jpg": HEARD / "face_b1.jpg",
    "faces/both.jpg": HEARD / "faces_two.jpg",
    "calls/ada1.wav": HEARD / "speaker_a_1.wav",
    "calls/ada2.wav": HEARD / "speaker_a_2.wav",
    "calls/ada3.wav": HEARD / "speaker_a_3.wav",
    "calls/bob1.wav": HEARD / "speaker_b_1.wav",
    "calls/bob2.wav": HEARD / "speaker_b_2.wav",
    "calls/english.wav": HEARD / "synthetic_en.wav",
    "calls/german.wav": HEARD / "synthetic_de.wav",
}
# What their samples make is kept by a server, and found by the samples after them on every library.
KEPT: tuple[str, ...] = ("find_similar_faces", "identify_faces", "identify_speaker", "verify_speaker")
KEPT += ("find_similar_images", "search_images", "search_index", "write_search_index")

# What stands in for Azure, where nobody else answers.
LINKED = {
    "Ada Lovelace lived in London.": [
        {"name": "Ada Lovelace", "url": "https://en.wikipedia.org/wiki/Ada_Lovelace", "matches": []},
        {"name": "London", "url": "https://en.wikipedia.org/wiki/London", "matches": []},
    ]
}
WEB = ("http", "download")
# The codes of errors, as the pages about failed rows and pictures explain them.
CODES = {
    code
    for page in ("failed-rows.md", "images.md")
    for code in re.findall(r"^\| `(\w+)` \|", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
}

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.filterwarnings("ignore::dfai.errors.LanguageAssumed"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dfai.Target]:
    """The engine as a server: what Spark's workers ask, so that models are loaded once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("home")))
        with served(ENGINE.create_app()) as url:
            yield dfai.container(url)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What one library has asked another need not hear again."""
    return str(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def speech() -> Iterator[SpeechService]:
    """What stands in for Azure's speech."""
    with speech_running() as service:
        yield service


class Reader:
    """Types in the samples of a page, with small frames of the libraries that it names."""

    def __init__(self, verb: str, spark: Any, engine: dfai.Target, everywhere: bool) -> None:
        self.verb, self.engine, self.everywhere = verb, engine, everywhere
        self.names: dict[str, Any] = {"spark": spark}
        self.views: set[str] = set()

    def run(self, block: Block) -> None:
        if block.language == "sql" or "spark.sql(" in block.text:
            self._prepare(block.text)
        elif block.language != "python":
            self._write_files(block.text)
        self.views.update(re.findall(r'createOrReplaceTempView\("(\w+)"\)', block.text))
        frame = self.names.get("df")
        ran = run(block, self.names, self._around)
        if ran is not None and block.language not in ("python", "sql"):
            # 1: some rows have no answer, and say why.
            assert set(ran.values) <= {0, 1}, block
        if self.names.get("df") is not frame and isinstance(self.names["df"], pd.DataFrame):
            self._build(self.names["df"])

    def _build(self, frame: pd.DataFrame) -> None:
        """The same rows in Dask and Spark."""
        self.names["ddf"] = dd.from_pandas(frame, npartitions=2)
        self.names["sdf"] = self.names["spark"].createDataFrame(frame).coalesce(1)
        self.views.clear()

    def _around(self, code: str) -> AbstractContextManager[Any]:
        # Workers of Spark's would each load the models: they ask the server.
        if self.everywhere or re.search(r"\bsdf\b|\bSELECT\b|\bspark\b", code):
            return dfai.using(target=self.engine)
        return nullcontext()

    def _prepare(self, query: str) -> None:
        """The views that a query reads, and the function that it calls."""
        for name in re.findall(r"\bFROM (\w+)", query):
            if name not in self.views:
                self.names["sdf"].createOrReplaceTempView(name)
                self.views.add(name)
        if called := set(re.findall(r"\bai_(\w+)\(", query)):
            with dfai.using(target=self.engine):
                dfai.register_functions(self.names["spark"], verbs=sorted(called))

    def _write_files(self, commands: str) -> None:
        """The files that commands read, with the page's frame in them."""
        for line in commands.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            for word in words[: words.index("--out")] if "--out" in words else ():
                if word.endswith(".parquet") and not Path(word).exists():
                    self.names["df"].to_parquet(word)


@pytest.mark.parametrize("verb", VERBS)
def test_the_samples_of_a_page_run(
    verb: str,
    spark: SparkFrames,
    engine: dfai.Target,
    speech: SpeechService,
    store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TOKEN", "a secret")
    monkeypatch.setenv("DFAI_IMAGES", "")  # pages set it: it is put back
    found = blocks(f"verbs/{verb}.md")
    for name, source in FILES.items():
        if any(name in block.text or f'"{Path(name).parent}"' in block.text for block in found):
            Path(name).parent.mkdir(exist_ok=True)
            shutil.copy(source, name)
    if verb in ("linked_entities", "assess_pronunciation"):
        engine = dfai.testing.fake({verb: LINKED}) if verb == "linked_entities" else speech.scene().target
        monkeypatch.setattr(dfai, "azure", lambda *_, **__: engine)
    reader = Reader(verb, spark.session, engine, verb in KEPT)
    settings: dfai.Settings = {"progress": "off", "store": store}
    if verb in WEB:
        settings["transport"] = web
    with dfai.using(**settings):
        for block in found:
            reader.run(block)

    assert {block.language for block in found} >= {"python"}
    assert any(block.output is not None for block in found)


@pytest.mark.parametrize("module", [pages, verb_pages], ids=lambda module: module.__name__)
def test_examples_of_what_reads_and_writes_pages_hold(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)

    assert (failed, tried > 0) == (0, True)


def test_every_verb_has_its_page_and_its_place_in_the_table() -> None:
    table = re.findall(r"\]\(verbs/(\w+)\.md\)", (DOCS / "README.md").read_text(encoding="utf-8"))

    assert sorted(table) == VERBS == sorted([*dfai.verbs(), *verb_pages.OTHERS])


def test_a_new_verbs_page_begins_with_what_is_known_of_it() -> None:
    page = verb_pages.begun("sentiment")

    assert re.findall(r"^## (.*)$", page, flags=re.MULTILINE) == HEADINGS
    assert verb_pages.filled("sentiment", page) == page
    assert "| `sentiment_positive` | float64 |" in page


@pytest.mark.parametrize("verb", VERBS)
def test_a_page_is_told_in_the_same_order_as_others(verb: str) -> None:
    page = (PAGES / f"{verb}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", page, flags=re.MULTILINE)
    errors = page.partition("\n## Errors\n")[2].partition("\n## ")[0]
    named = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", errors, flags=re.MULTILINE)))

    assert [heading for heading in headings if heading in HEADINGS] == HEADINGS
    assert named
    assert [name for name in named if name not in CODES and not hasattr(dfai.errors, name)] == []


@pytest.mark.parametrize("verb", VERBS)
def test_a_page_says_what_the_verbs_declaration_says(verb: str) -> None:
    page = (PAGES / f"{verb}.md").read_text(encoding="utf-8")

    assert [part for part in PARTS if f"<!-- {part}: " not in page] == []
    assert verb_pages.filled(verb, page) == page, "python -m tests.verb_pages writes it"


@pytest.mark.parametrize("verb", VERBS)
def test_figures_of_quality_stand_in_the_models_pages(verb: str) -> None:
    page = (PAGES / f"{verb}.md").read_text(encoding="utf-8")
    section = page.partition("\n## How well\n")[2].partition("\n## ")[0]
    measured = "".join(
        (DOCS / name).read_text(encoding="utf-8") for name in re.findall(r"\]\(\.\./(models-\w+\.md)", section)
    )
    figures = re.findall(r"(?<![\w`.])\.?\d[\d,.]*\d|(?<![\w`.])\d(?!\w)", re.sub(r"\(.*?\.md\S*\)", "", section))

    assert section
    assert [figure for figure in figures if not re.search(rf"(?<![\d.,]){re.escape(figure)}(?!\d)", measured)] == []
