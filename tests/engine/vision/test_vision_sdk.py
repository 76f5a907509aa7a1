"""Azure's own clients for pictures, unchanged, against the engine over a socket."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import pytest

from engine.vision.made import CAT, COFFEE, PRINTED, PRINTED_LINES, Image, needs_models, pdf, written

newer = pytest.importorskip("azure.ai.vision.imageanalysis")
older = pytest.importorskip("azure.cognitiveservices.vision.computervision")
names = pytest.importorskip("azure.cognitiveservices.vision.computervision.models")
credentials = pytest.importorskip("azure.core.credentials")
exceptions = pytest.importorskip("azure.core.exceptions")
authentication = pytest.importorskip("msrest.authentication")

KEY = "open sesame"
# The older client is no longer kept up: its base library warns of Python's own changes.
pytestmark = [needs_models, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with newer.ImageAnalysisClient(url, credentials.AzureKeyCredential(KEY)) as made:
        yield made


@pytest.fixture
def old_client(url: str) -> Iterator[Any]:
    header = authentication.CognitiveServicesCredentials(KEY)
    with older.ComputerVisionClient(url, header) as made:
        yield made


def test_image_analysis_with_every_feature(client: Any) -> None:
    features = newer.models.VisualFeatures
    found = client.analyze(
        COFFEE, visual_features=list(features), smart_crops_aspect_ratios=[0.9, 1.33], gender_neutral_caption=True
    )

    assert found.caption.text == "a cup and a bowl on a dining table"
    assert {"cup", "espresso"} <= {tag.name for tag in found.tags.list}
    assert {each.tags[0].name for each in found.objects.list} == {"cup", "bowl", "dining table"}
    assert [crop.aspect_ratio for crop in found.smart_crops.list] == [0.9, 1.33]
    assert len(found.dense_captions.list) == 4
    assert found.metadata.width == 600


def test_image_analysis_reads_text(client: Any) -> None:
    found = client.analyze(PRINTED, visual_features=[newer.models.VisualFeatures.READ])

    assert found.read.blocks[0].lines[0].text == PRINTED_LINES[0]


def test_image_analysis_errors_are_the_clients_own(client: Any) -> None:
    with pytest.raises(exceptions.HttpResponseError) as caught:
        client.analyze(b"words", visual_features=[newer.models.VisualFeatures.TAGS])
    with pytest.raises(exceptions.HttpResponseError) as fetched:
        client.analyze_from_url("http://10.0.0.1/a.jpg", visual_features=[newer.models.VisualFeatures.TAGS])

    assert caught.value.error.innererror["code"] == "InvalidImageFormat"
    assert fetched.value.error.innererror["code"] == "InvalidImageUrl"


def test_the_older_client_analyses_tags_describes_and_detects(old_client: Any) -> None:
    features = list(names.VisualFeatureTypes)
    found = old_client.analyze_image_in_stream(io.BytesIO(CAT), features, details=[names.Details.landmarks])
    tags = old_client.tag_image_in_stream(io.BytesIO(CAT))
    described = old_client.describe_image_in_stream(io.BytesIO(CAT), max_candidates=1)
    detected = old_client.detect_objects_in_stream(io.BytesIO(CAT))

    assert found.categories[0].name == "animal_cat"
    assert found.adult.is_adult_content is False
    assert found.adult.racy_score is None
    assert found.faces is None
    assert tags.tags[0].name in ("cat", "mammal", "animal")
    assert described.captions[0].text == "a cat"
    assert detected.objects[0].object_property == "cat"
    assert detected.objects[0].parent.object_property == "mammal"


def test_the_older_client_crops_and_reads_print(old_client: Any) -> None:
    chunks = old_client.generate_thumbnail_in_stream(60, 40, io.BytesIO(CAT), smart_cropping=True)
    small = Image.open(io.BytesIO(b"".join(chunks)))
    area = old_client.get_area_of_interest_in_stream(io.BytesIO(CAT)).area_of_interest
    printed = old_client.recognize_printed_text_in_stream(io.BytesIO(PRINTED))

    assert small.size == (60, 40)
    assert area.w > 100
    assert printed.regions[0].lines[0].words[0].text == "Invoice"
    assert old_client.list_models().models_property == []


def test_the_older_client_reads_a_document(old_client: Any) -> None:
    document = io.BytesIO(pdf(written("The first page"), written("The second page")))
    begun = old_client.read_in_stream(document, raw=True, pages=["2"], reading_order="natural")
    identity = begun.headers["Operation-Location"].rpartition("/")[2]
    patience = time.monotonic() + 120
    while (state := old_client.get_read_result(identity)).status not in ("succeeded", "failed"):
        assert time.monotonic() < patience
        time.sleep(0.05)

    (page,) = state.analyze_result.read_results
    assert (page.page, page.lines[0].text) == (2, "The second page")


def test_the_older_clients_errors_are_its_own(old_client: Any) -> None:
    with pytest.raises(names.ComputerVisionErrorResponseException) as caught:
        old_client.tag_image_in_stream(io.BytesIO(b"words"))
    with pytest.raises(names.ComputerVisionOcrErrorException) as read:
        old_client.read_in_stream(io.BytesIO(b"words"))

    assert caught.value.error.error.innererror.code == "InvalidImageFormat"
    assert read.value.error.code == "InvalidImageFormat"
