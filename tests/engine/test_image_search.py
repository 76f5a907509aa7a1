"""Pictures of folders: found by name, notes and what they show, read once, told as the contract has them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from contracts import load
from dfai_engine import commands
from dfai_engine.app import create_app
from dfai_engine.imagesearch.catalogue import Catalogue
from dfai_engine.imagesearch.indexing import Freshness, index, refresh
from engine.imagesearch_pictures import Eyes, album
from engine.server import serving
from engine.wire import ask

CONTRACT = "bing-image-search-v7/ImageSearch.json"
SEARCH = "/bing/v7.0/images/search"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return album(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def app(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = create_app(data=tmp_path_factory.mktemp("data"), images=[folder], workers=1)
    yield made
    made.close()


def properties(name: str) -> dict[str, Any]:
    """What a definition of the contract has, with what it takes from others.

    Not by a validator: upstream the base's discriminator knows but one of those that derive from it.
    """
    written = load(CONTRACT)["definitions"][name]
    found = {"_type": {"type": "string"}}
    for base in written.get("allOf", ()):
        found |= properties(base["$ref"].rpartition("/")[2])
    return found | written.get("properties", {})


def check(value: Any, name: str) -> None:
    """Fails unless *value* has nothing but what definition *name* has, each of its type."""
    known = properties(name)
    kinds = {"string": str, "integer": int, "array": list}
    assert value.keys() <= known.keys()
    for key, held in value.items():
        if "$ref" in known[key]:
            check(held, known[key]["$ref"].rpartition("/")[2])
        else:
            assert isinstance(held, kinds[known[key]["type"]]), key
        for item in held if isinstance(held, list) and "$ref" in known[key]["items"] else ():
            check(item, known[key]["items"]["$ref"].rpartition("/")[2])


def places(app: Any, query: str) -> list[str]:
    """Where the pictures are that *query* finds, the best first."""
    answer = ask(app, "GET", f"{SEARCH}?{query}")
    assert answer.status_code == 200, answer.text
    check(answer.json(), "Images")
    return [image["hostPageDisplayUrl"] for image in answer.json()["value"]]


CAR, GULL, OLD, NIGHT = "Rome_2024/redCar12.jpg", "Rome_2024/möwe.png", "old mill.jpg", "mill at night.webp"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=car", [CAR]),
        ("q=CARS", [CAR]),
        ("q=pantheon", [CAR]),
        ("q=weiss", [CAR]),
        ("q=rome", [GULL, CAR]),
        ("q=mowe", [GULL]),
        ("q=mill river", [OLD, NIGHT, "broken mill.jpg"]),
        ("q=mill&minWidth=500", [NIGHT]),
        ("q=mill&aspect=Tall", [OLD]),
        ("q=mill rome&aspect=wide", [CAR, NIGHT]),
        ("q=mill rome&size=Small", [GULL]),
        ("q=nowhere", []),
        ("q=%22mill at%22", [NIGHT]),
        ("q=passwd", []),
        ("q=hidden", []),
    ],
)
def test_pictures_are_found_by_what_stands_in_and_on_their_files(app: Any, query: str, expected: list[str]) -> None:
    assert sorted(places(app, query)) == sorted(expected)
    assert places(app, query)[:1] == expected[:1]


def test_pages_follow_one_another(app: Any) -> None:
    first = ask(app, "GET", f"{SEARCH}?q=mill&count=2").json()
    second = ask(app, "GET", f"{SEARCH}?q=mill&count=2&offset={first['nextOffset']}").json()

    assert (first["totalEstimatedMatches"], first["nextOffset"], second["nextOffset"]) == (3, 2, 3)
    assert len({image["imageId"] for image in first["value"] + second["value"]}) == 3


def test_a_picture_is_told_as_the_contract_has_it(app: Any, folder: Path) -> None:
    (image,) = ask(app, "GET", f"{SEARCH}?q=car").json()["value"]
    content = ask(app, "GET", image["contentUrl"])
    small = ask(app, "GET", image["thumbnailUrl"])

    assert image["name"] == "A car before the Pantheon"
    assert (image["width"], image["height"], image["encodingFormat"]) == (600, 300, "jpeg")
    assert image["thumbnail"] == {"width": 300, "height": 150}
    assert image["datePublished"] == "2024-02-29T12:30:00Z"
    assert image["contentSize"] == f"{(folder / CAR).stat().st_size} B"
    assert content.content == (folder / CAR).read_bytes()
    assert (content.headers["content-type"], small.headers["content-type"]) == ("image/jpeg", "image/jpeg")
    assert len(small.content) < 30_000


@pytest.mark.parametrize(
    ("path", "status", "code", "sub_code"),
    [
        (SEARCH, 400, "InvalidRequest", "ParameterMissing"),
        (f"{SEARCH}?q=a&count=151", 400, "InvalidRequest", "ParameterInvalidValue"),
        (f"{SEARCH}?q=a&offset=x", 400, "InvalidRequest", "ParameterInvalidValue"),
        (f"{SEARCH}?q=a&color=Red", 400, "InvalidRequest", "ParameterInvalidValue"),
        (f"{SEARCH}?q=a&size=Huge", 400, "InvalidRequest", "ParameterInvalidValue"),
        ("/bing/v7.0/images/details", 400, "InvalidRequest", "ParameterMissing"),
        (f"/bing/v7.0/images/details?id={'0' * 32}", 404, "InvalidRequest", "ResourceError"),
        (f"/bing/v7.0/images/content/{'0' * 32}", 404, "InvalidRequest", "ResourceError"),
        ("/bing/v7.0/images/trending", 501, "ServerError", "NotImplemented"),
    ],
)
def test_faults_are_the_contracts_error_responses(app: Any, path: str, status: int, code: str, sub_code: str) -> None:
    answer = ask(app, "GET", path)
    body = answer.json()

    assert answer.status_code == status
    assert body["_type"] == "ErrorResponse"
    check(body, "ErrorResponse")
    assert (body["errors"][0]["code"], body["errors"][0]["subCode"]) == (code, sub_code)


def test_without_a_folder_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DFAI_IMAGES", raising=False)
    made = create_app(data=tmp_path, workers=1)
    answer = ask(made, "GET", f"{SEARCH}?q=a")
    made.close()

    assert answer.status_code == 400
    assert "DFAI_IMAGES" in answer.json()["errors"][0]["message"]


# ---- what is read, and when ----------------------------------------------------------------------------------


def test_a_picture_is_read_again_only_once_its_file_has_changed(tmp_path: Path) -> None:
    folder, eyes = album(tmp_path / "photos"), Eyes()
    catalogue = Catalogue(tmp_path / "data")
    counts = [refresh(catalogue, folder, None), refresh(catalogue, folder, None), refresh(catalogue, folder, eyes)]
    counts.append(refresh(catalogue, folder, eyes))
    counts.append(refresh(catalogue, folder, None))  # who has no eyes leaves alone what others saw
    os.utime(folder / "old mill.jpg", (1, 1))
    (folder / "mill at night.webp").unlink()
    counts.append(refresh(catalogue, folder, eyes))
    known = catalogue.known(folder.resolve())

    assert counts == [5, 0, 5, 0, 0, 1]
    assert eyes.looked == 5  # four pictures, and one again: what is none is not shown to them
    assert sorted(Path(path).name for path in known) == ["broken mill.jpg", "möwe.png", "old mill.jpg", "redCar12.jpg"]
    eyes.name = "eyes-2"
    assert refresh(catalogue, folder, eyes) == 4


def test_what_a_picture_shows_is_found_and_likeness_is_told(tmp_path: Path) -> None:
    folder = album(tmp_path / "photos")
    refresh(Catalogue(tmp_path / "data"), folder, Eyes())
    app = create_app(data=tmp_path / "data", images=[folder], workers=1)
    for words in ("cats", "sofa", "exit"):
        assert len(places(app, f"q={words}")) == 4
    best = ask(app, "GET", f"{SEARCH}?q=pantheon").json()["value"][0]
    insights = ask(app, "GET", f"/bing/v7.0/images/details?insightsToken={best['imageInsightsToken']}").json()
    app.close()

    check(insights, "ImageInsights")
    assert len(insights["visuallySimilarImages"]["value"]) == 3
    assert insights["imageTags"]["value"] == [{"name": "cat"}, {"name": "animal"}]


def test_a_search_looks_for_new_files_but_not_all_the_time(tmp_path: Path) -> None:
    folder, now = album(tmp_path / "photos"), [0.0]
    catalogue = Catalogue(tmp_path / "data")
    freshness = Freshness(catalogue, lambda: now[0])
    counts = []
    for at, name in ((0.0, "a.jpg"), (4.0, "b.jpg"), (6.0, "c.jpg")):
        now[0] = at
        (folder / name).write_bytes(b"new")
        freshness.see_to([folder])
        counts.append(len(catalogue.known(folder.resolve())))

    assert counts == [6, 6, 8]


def test_the_command_says_what_it_read(tmp_path: Path) -> None:
    folder = album(tmp_path / "photos")
    said: list[str] = []

    assert index([folder], tmp_path / "data", sight=False, announce=said.append) == (5, False)
    assert index([folder], tmp_path / "data", sight=False, announce=said.append) == (0, False)
    assert said == []


def test_the_command_line_looks_at_folders(tmp_path: Path) -> None:
    folder = album(tmp_path / "photos")
    app = typer.Typer()
    app.command()(commands.index)
    run = CliRunner().invoke
    first = run(app, [str(folder), "--data", str(tmp_path / "data"), "--sight", "none"])
    again = run(app, [str(folder), "--data", str(tmp_path / "data"), "--sight", "none", "--json"])
    wrong = run(app, [str(tmp_path / "nowhere")])
    nothing = run(app, [], env={"DFAI_IMAGES": ""})

    assert (first.exit_code, first.output.startswith("5 new or changed pictures read")) == (0, True)
    assert json.loads(again.stdout) == {"read": 0, "seen": False}
    assert (wrong.exit_code, nothing.exit_code) == (2, 2)
    assert "there is no folder" in wrong.output
    assert "name a folder" in nothing.output


# ---- the official client -------------------------------------------------------------------------------------


def test_the_official_client_works_against_the_engine(folder: Path, tmp_path: Path) -> None:
    sdk = pytest.importorskip("azure.cognitiveservices.search.imagesearch")
    authentication = pytest.importorskip("msrest.authentication")
    with serving(key="open sesame", data=tmp_path, images=[folder]) as url:
        client = sdk.ImageSearchClient(url, authentication.CognitiveServicesCredentials("open sesame"))
        found = client.images.search("mill", count=2, image_type="Photo", market="en-us", safe_search="Moderate")
        insights = client.images.details(query="mill", insights_token=found.value[0].image_insights_token)
        content = httpx.get(found.value[0].content_url, headers={"Ocp-Apim-Subscription-Key": "open sesame"})
        refused = httpx.get(found.value[0].content_url)
        with pytest.raises(sdk.models.ErrorResponseException) as caught:
            client.images.search("")

    assert (found.total_estimated_matches, found.next_offset, len(found.value)) == (3, 2, 2)
    assert found.value[0].content_url.startswith(f"{url}/bing/v7.0/images/content/")
    assert insights.visually_similar_images.value == []
    assert (content.status_code, refused.status_code) == (200, 401)
    assert json.loads(caught.value.response.text)["errors"][0]["subCode"] == "ParameterMissing"


def test_pictures_like_one_that_comes_along(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh(Catalogue(tmp_path), folder, Eyes())
    monkeypatch.setattr("dfai_engine.imagesearch.image_routes.sight_here", Eyes)
    app = create_app(data=tmp_path, images=[folder], workers=1)
    sent = (folder / "old mill.jpg").read_bytes()
    insights = ask(app, "POST", "/bing/v7.0/images/details", files={"image": ("any.jpg", sent)}).json()
    app.close()
    named = {value["contentUrl"] for value in insights["visuallySimilarImages"]["value"]}

    check(insights, "ImageInsights")
    assert len(named) == 4  # all that are pictures, the one sent among them
    even = [value["contentSize"] for value in insights["visuallySimilarImages"]["value"]]
    alike = [int(size.removesuffix(" B")) % 2 == len(sent) % 2 for size in even]
    assert alike == sorted(alike, reverse=True)


@pytest.mark.parametrize("form", [{"json": {"url": "x"}}, {"files": {"other": ("a", b"a")}}, {"data": {"image": "a"}}])
def test_a_form_without_a_picture_is_refused(app: Any, form: dict[str, Any]) -> None:
    answer = ask(app, "POST", "/bing/v7.0/images/details", **form)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "image"
