"""``dfai run``: rows out of files, answers beside them, and exit codes that say what came of it."""

from __future__ import annotations

import bz2
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cli.conftest import TEXTS, Dfai
from served import served
from service import POISON, Scene, sentiment_of

LABELS = [None if text is None else sentiment_of(text) for text in TEXTS]


def labels_in(path: Path) -> list[Any]:
    """The labels that a file holds, whatever kind of file it is."""
    suffix = re.sub(r"\.(gz|xz|bz2)$", "", path.name).rpartition(".")[2]
    if suffix == "parquet":
        return pq.read_table(path)["sentiment"].to_pylist()  # type: ignore[no-any-return]
    if suffix in ("arrow", "feather"):
        return feather.read_table(path)["sentiment"].to_pylist()  # type: ignore[no-any-return]
    if suffix == "jsonl":
        text = bz2.decompress(path.read_bytes()) if path.name.endswith(".bz2") else path.read_bytes()
        lines = text.splitlines()
        return [json.loads(line)["sentiment"] for line in lines]
    frame = pd.read_csv(path, sep="\t" if suffix == "tsv" else ",", dtype=str, keep_default_na=False)
    return [label or None for label in frame["sentiment"]]


def test_rows_keep_their_order_and_their_types(dfai: Dfai, reviews: Path, target: list[str], scene: Scene) -> None:
    said = dfai("run", "sentiment", reviews, "--column", "text", "--out", "scored.parquet", *target)
    before, after = pq.read_table(reviews), pq.read_table("scored.parquet")

    assert said.code == 0, said.err
    assert after.select(before.schema.names).equals(before)
    assert after["sentiment"].to_pylist() == LABELS
    assert after.schema.field("sentiment_positive").type == pa.float64()
    assert after.schema.names[len(before.schema.names) :][-2:] == ["sentiment_error", "sentiment_error_message"]
    assert scene.texts == sorted({text for text in TEXTS if text})
    assert "wrote scored.parquet: 6 rows" in said.out
    assert sorted(path.name for path in Path().iterdir()) == ["reviews.parquet", "scored.parquet"]


@pytest.mark.parametrize(
    "out", ["s.csv", "s.tsv", "s.csv.gz", "s.csv.xz", "s.jsonl.bz2", "s.jsonl", "s.arrow", "s.feather", "s.parquet"]
)
def test_each_kind_of_file_can_be_written_and_read_again(
    dfai: Dfai, reviews: Path, target: list[str], scene: Scene, out: str
) -> None:
    written = dfai("run", "sentiment", reviews, "-c", "text", "-o", out, *target)
    scene.forget()
    again = dfai("run", "key_phrases", out, "-c", "text", "-o", f"again-{out}", *target)
    filled = dfai(
        "run", "key_phrases", f"again-{out}", "-c", "text", "-o", f"full-{out}", "--if-exists", "fill", *target
    )

    assert (written.code, again.code, filled.code) == (0, 0, 0), written.err + again.err + filled.err
    assert labels_in(Path(out)) == labels_in(Path(f"full-{out}")) == LABELS
    assert len(scene.texts) == 4
    if out == "s.csv.gz":
        assert gzip.decompress(Path(out).read_bytes()).startswith(b'"id","text"')


def test_cells_of_csv_stay_as_they_are_written(dfai: Dfai, target: list[str]) -> None:
    Path("rows.csv").write_text('id,n,text\n007,1.50,"Lovely, ""really""\nlovely"\n008,NA,\n009,,Good\n')
    said = dfai("run", "sentiment", "rows.csv", "-c", "text", "-o", "scored.csv", *target)
    read = pd.read_csv("scored.csv", dtype=str, keep_default_na=False)

    assert said.code == 0, said.err
    assert read["id"].tolist() == ["007", "008", "009"]
    assert read["n"].tolist() == ["1.50", "NA", ""]
    assert read["text"].tolist() == ['Lovely, "really"\nlovely', "", "Good"]
    assert read["sentiment"].tolist() == ["positive", "", "positive"]


def test_what_texts_look_like_is_told_from_all_of_them(dfai: Dfai, target: list[str]) -> None:
    rows = "".join(f"00{n},{n},{n}.5,true,Good\n" for n in range(3)) + "7,,1,False,Bad\n"
    Path("rows.csv").write_text(f"code,whole,real,truth,text\n{rows}")
    said = dfai("run", "sentiment", "rows.csv", "-c", "text", "-o", "scored.parquet", *target)
    schema = pq.read_schema("scored.parquet")

    assert said.code == 0, said.err
    kinds = {name: str(schema.field(name).type) for name in ("code", "whole", "real", "truth")}
    assert kinds == {"code": "string", "whole": "int64", "real": "double", "truth": "bool"}


def test_json_lines_may_lack_fields_and_mix_kinds(dfai: Dfai, target: list[str]) -> None:
    lines = [
        {"text": "Good", "a": 1},
        {"text": "Bad", "a": 2.5, "b": [1]},
        {"text": None, "c": {"x": 1}, "d": 1},
        {"d": "x"},
    ]
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, lines)))
    said = dfai("run", "sentiment", "rows.jsonl", "-c", "text", "-o", "scored.jsonl", *target)
    read = [json.loads(line) for line in Path("scored.jsonl").read_text().splitlines()]

    assert said.code == 0, said.err
    assert [row["a"] for row in read] == [1, 2.5, None, None]
    assert [row["d"] for row in read] == [None, None, "1", "x"]
    assert [row["sentiment"] for row in read] == ["positive", "negative", None, None]


def test_folders_wildcards_and_urls_are_one_table(dfai: Dfai, target: list[str], scene: Scene, tmp_path: Path) -> None:
    import fsspec

    for day, text in (("2026-01-01", "Good"), ("2026-01-02", "Bad")):
        folder = tmp_path / "reviews" / f"day={day}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"text": [text]}), folder / "part-0.parquet")
        (folder / "_SUCCESS").touch()
    dfai("run", "sentiment", "reviews", "-c", "text", "-o", "folder.parquet", *target)
    dfai("run", "sentiment", "reviews/*/*.parquet", "-c", "text", "-o", "memory://out/glob.csv.gz", *target)
    fsspec.filesystem("memory").pipe("in/rows.jsonl", b'{"text": "Good"}\n')
    there = dfai("run", "sentiment", "memory://in/*.jsonl", "-c", "text", "-o", "url.csv", *target)

    assert there.code == 0, there.err
    assert pq.read_table("folder.parquet").select(["text", "day", "sentiment"]).to_pylist() == [
        {"text": "Good", "day": "2026-01-01", "sentiment": "positive"},
        {"text": "Bad", "day": "2026-01-02", "sentiment": "negative"},
    ]
    assert gzip.decompress(fsspec.filesystem("memory").cat("out/glob.csv.gz")).startswith(b'"text","sentiment"')
    assert not fsspec.filesystem("memory").exists("out/unfinished-glob.csv.gz")
    assert labels_in(Path("url.csv")) == ["positive"]


def test_several_columns_are_answered_side_by_side(dfai: Dfai, target: list[str]) -> None:
    pq.write_table(pa.table({"title": ["Good", "A bed"], "body": ["Bad", None]}), "rows.parquet")
    said = dfai("run", "sentiment", "rows.parquet", "-c", "title", "-c", "body", "-o", "s.parquet", *target, "--json")
    read = pq.read_table("s.parquet")

    assert read["title_sentiment"].to_pylist() == ["positive", "neutral"]
    assert read["body_sentiment"].to_pylist() == ["negative", None]
    assert said.told["run"]["calls"] == 2


def test_options_are_the_verbs_own(dfai: Dfai, reviews: Path, target: list[str], scene: Scene) -> None:
    pq.write_table(pa.table({"text": ["Lovely room.", "Bad."], "lang": ["fr", "de"]}), "rows.parquet")
    options = ["--language", "col:lang", "--include", "sentences,opinions", "--output", "mood"]
    said = dfai("run", "sentiment", "rows.parquet", "-c", "text", "-o", "s.parquet", *target[:-2], *options)

    assert said.code == 0, said.err
    assert sorted(document["language"] for document in scene.documents) == ["de", "fr"]
    assert {"mood", "mood_sentences", "mood_opinions"} <= set(pq.read_schema("s.parquet").names)


def test_whole_series_are_gathered_and_come_back_in_their_order(dfai: Dfai) -> None:
    days = pd.date_range("2026-01-01", periods=48).strftime("%Y-%m-%d")
    frame = pd.concat([pd.DataFrame({"at": days, "value": 5.0 * n, "device": f"d{n}"}) for n in range(2)])
    frame["value"] += [float(place % 4) + (90 if place == 30 else 0) for place in range(len(frame))]
    shuffled = frame.sample(frac=1, random_state=3)
    shuffled.to_csv("iot.csv", index=False)
    series = ["--timestamp", "at", "--by", "device", "--granularity", "daily", "--progress", "off"]
    said = dfai("run", "detect_anomalies", "iot.csv", "-c", "value", *series, "-o", "found.csv")
    found = pd.read_csv("found.csv")

    assert said.code == 0, said.err
    assert found[["at", "device"]].values.tolist() == shuffled[["at", "device"]].values.tolist()
    assert found.loc[found["anomaly"], "at"].tolist() == [days[30]]


def test_only_the_first_rows_where_that_is_said(dfai: Dfai, reviews: Path, target: list[str], scene: Scene) -> None:
    dfai("run", "sentiment", reviews, "-c", "text", "-o", "s.csv", "--max-rows", "2", *target)

    assert labels_in(Path("s.csv")) == LABELS[:2]
    assert len(scene.texts) == 2


def test_no_rows_are_a_file_all_the_same(dfai: Dfai, target: list[str]) -> None:
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), "none.parquet")
    said = dfai("run", "sentiment", "none.parquet", "-c", "text", "-o", "s.parquet", *target)

    assert said.code == 0, said.err
    assert "sentiment" in pq.read_schema("s.parquet").names


def test_a_file_that_is_there_is_replaced_only_when_told(dfai: Dfai, reviews: Path, target: list[str]) -> None:
    line = ["run", "sentiment", reviews, "-c", "text", *target, "--out"]
    Path("kept.csv").write_text("mine\n")
    refused = dfai(*line, "kept.csv")
    kept = Path("kept.csv").read_text()
    told = dfai(*line, "kept.csv", "--overwrite")
    in_place = dfai("run", "key_phrases", "kept.csv", "-c", "text", *target, "-o", "kept.csv", "--overwrite")

    assert (refused.code, told.code, in_place.code) == (2, 0, 0)
    assert "--overwrite" in refused.err
    assert kept == "mine\n"
    assert {"sentiment", "key_phrases"} <= set(pd.read_csv("kept.csv").columns)


def test_exit_codes_say_how_much_was_answered(dfai: Dfai, reviews: Path, target: list[str], scene: Scene) -> None:
    line = ["run", "sentiment", reviews, "-c", "text", *target, "--out"]
    scene.fault = lambda number, documents: 503 if any("bed" in document["text"] for document in documents) else None
    options = ["--output", "mood", "--json"]
    pq.write_table(pa.table({"text": [f"{POISON} {n}" for n in range(3)] + [" "]}), "bad.parquet")
    all_failed = dfai("run", "sentiment", "bad.parquet", "-c", "text", *target, "-o", "bad.csv", "--json")
    pq.write_table(pa.table({"text": ["Good", f"{POISON}"]}), "half.parquet")
    some_failed = dfai("run", "sentiment", "half.parquet", "-c", "text", *target, "-o", "half.csv", *options)
    blank = dfai("run", "sentiment", "bad.parquet", "-c", "text", *target, "-o", "blank.csv", "--max-rows", 0)
    scene.fault = lambda number, documents: 401
    refused = dfai(*line, "refused.csv", "--json")

    assert (all_failed.code, some_failed.code, blank.code, refused.code) == (3, 1, 0, 3)
    assert all_failed.told["errors"] == {"refused": 3, "empty": 1}
    assert (some_failed.told["answered"], some_failed.told["failed"]) == (1, 1)
    assert refused.told["error"] == "Unauthorized"
    assert not Path("refused.csv").exists()
    assert not list(Path().glob("*.unfinished"))


WRONG = {
    "no column 'txet'; columns: 'id', 'text', 'price', 'stars'. Did you mean 'text'?": ["-c", "txet"],
    "needs to know which column to read: --column NAME": [],
    "--concurrency many: expected a number": ["-c", "text", "--concurrency", "many"],
    "'mood'": ["-c", "text", "--include", "mood"],
    "sentiment reads text, but column 'price' holds": ["-c", "price"],
    "takes env:NAME or file:PATH, not the key itself": ["-c", "text", "--key", "hush"],
    "--credential needs the resource's own endpoint": ["-c", "text", "--credential", "azure.identity:Nothing"],
    "choose pandas, polars, dask or spark": ["-c", "text", "--backend", "modin"],
    "No such option: --concurency": ["-c", "text", "--concurency", "3"],
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_cannot_be_is_one_sentence_before_anything_is_asked(
    dfai: Dfai, reviews: Path, target: list[str], scene: Scene, sentence: str
) -> None:
    said = dfai("run", "sentiment", reviews, *WRONG[sentence], "-o", "s.csv", *target)

    assert said.code == 2
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert scene.requests == 0
    assert [path.name for path in Path().iterdir()] == ["reviews.parquet"]


FILES = {
    "there is no file reviews.parqet. Did you mean 'reviews.parquet'?": ("reviews.parqet", ""),
    "*.orc: nothing matches": ("*.orc", ""),
    "notes.txt: the end of its name does not say what it is": ("notes.txt", "text\n"),
    "these are files of": ("?ix*", "text\nGood\n"),
    "list.jsonl, line 1: expected one JSON object a line. One list of objects is made lines by: jq": (
        "list.jsonl",
        "[{}]\n",
    ),
    "twice.csv: several columns are called 'a'": ("twice.csv", "a,a\n1,2\n"),
    "packed.csv.gz is not packed as the end of its name says": ("packed.csv.gz", "text\nGood\n"),
    "torn.csv cannot be read as CSV": ("torn.csv", "text,b\nGood\n"),
    "latin.csv cannot be read as CSV": ("latin.csv", "text\nGr\xfcn\n"),
    "fake.parquet cannot be read as Parquet": ("fake.parquet", "text\n"),
}


@pytest.mark.parametrize("sentence", FILES)
def test_files_that_cannot_be_read_are_one_sentence(
    dfai: Dfai, reviews: Path, target: list[str], sentence: str
) -> None:
    name, content = FILES[sentence]
    if name.startswith("?"):
        Path("mix1.csv").write_text(content)
        Path("mix2.tsv").write_text(content)
        Path("mix3.jsonl").write_text("{}")
    elif content:
        Path(name).write_bytes(content.encode("latin-1"))
    said = dfai("run", "sentiment", name, "-c", "text", "-o", "s.csv", *target)

    assert said.code == 2
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_json_alone_is_on_stdout(dfai: Dfai, reviews: Path, target: list[str]) -> None:
    done = dfai("run", "sentiment", reviews, "-c", "text", "-o", "s.csv", *target, "--json")
    wrong = dfai("run", "sentiment", reviews, "-c", "text", *target, "--json")

    assert (done.told["rows"], done.told["answered"], done.told["exit_code"]) == (6, 5, 0)
    assert done.told["run"]["documents"] == 4
    assert wrong.code == wrong.told["exit_code"] == 2
    assert "--out" in wrong.told["message"]


def test_a_name_known_from_elsewhere_leads_to_ours(dfai: Dfai) -> None:
    elsewhere = dfai("run", "TextSentiment", "x.csv")
    bare = dfai("sentiment", "x.csv")

    assert (elsewhere.code, bare.code) == (2, 2)
    assert "Here it is: dfai run sentiment" in elsewhere.err
    assert "dfai run sentiment FILE" in bare.err


def test_a_fault_of_ours_is_a_sentence_and_with_debug_a_traceback(
    dfai: Dfai, reviews: Path, target: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("a screw is loose")

    monkeypatch.setattr("dfai.cli.job.writer_for", broken)
    line = ["run", "sentiment", reviews, "-c", "text", "-o", "s.csv", *target]
    plain, debugged = dfai(*line), dfai("--debug", *line)

    assert (plain.code, debugged.code) == (70, 70)
    assert plain.err.startswith("error: RuntimeError: a screw is loose.")
    assert "Traceback" not in plain.err
    assert "Traceback" in debugged.err


def test_an_estimate_reads_the_same_line_and_sends_nothing(
    dfai: Dfai, reviews: Path, target: list[str], scene: Scene
) -> None:
    line = ["estimate", "sentiment", reviews, "-c", "text", "--target", "azure:westeurope", "--key", "env:NONE"]
    told, shown = dfai(*line, "--json").told, dfai(*line, "--language", "en", "--max-cost", "0.001")
    some = dfai(*line, "--sample-rows", "3", "--json").told
    run = dfai("run", "sentiment", reviews, "-c", "text", *target, "-o", "s.csv", "--json").told

    assert (told["rows"], told["asked"], told["requests"]) == (6, 4, run["run"]["requests"])
    assert told["cost"] == pytest.approx(4 * told["cost"] / told["billed_records"])
    assert "--max-cost 0.001 stops it" in shown.out
    assert some["sampled_rows"] == 3


def test_a_run_sends_no_more_than_it_may(dfai: Dfai, reviews: Path, target: list[str], scene: Scene) -> None:
    said = dfai("run", "sentiment", reviews, "-c", "text", *target, "-o", "s.parquet", "--max-documents", "3", "--json")
    priceless = dfai("run", "sentiment", reviews, "-c", "text", *target, "-o", "x.parquet", "--max-cost", "3")

    assert said.code == 1
    assert said.told["errors"] == {"over_budget": 1}
    assert len(scene.texts) == 3
    assert priceless.code == 2
    assert "--max-cost" in priceless.err


def test_any_web_service_is_asked_with_its_options_as_json(dfai: Dfai) -> None:
    async def country(request: Request) -> JSONResponse:
        name = {"br": "Brazil", "us": "United States"}[request.path_params["iso"]]
        return JSONResponse({"country": {"name": name, "format": request.query_params["format"]}})

    Path("countries.csv").write_text("iso\nbr\nus\n")
    with served(Starlette(routes=[Route("/country/{iso}", country)])) as url:
        line = ["run", "http", "countries.csv", "--url", f"{url}/country/{{iso}}", "--params", '{"format": "json"}']
        parse = ["--parse", '{"name": ["$.country.name", "string"], "format": ["$.country.format", "string"]}']
        said = dfai(*line, *parse, "-o", "named.csv", "--output", "bank", "--progress", "off")
    read = pd.read_csv("named.csv")

    assert said.code == 0, said.err
    assert read["bank_name"].tolist() == ["Brazil", "United States"]
    assert read["bank_format"].tolist() == ["json", "json"]
