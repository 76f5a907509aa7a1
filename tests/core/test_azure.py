"""Where Azure is asked: its clouds, regions, hosts by family, and resources' own endpoints."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest

from contracts import load
from dfai_core import services
from dfai_core.errors import ConfigError, NotOffered
from dfai_core.targets import azure, container, target_from
from dfai_core.targets.clouds import CLOUDS

KEY = "planted-0123456789abcdef"
SENTIMENT = services()["sentiment"]
# No verb of speech is needed to say where it would be asked.
TRANSCRIBE = replace(SENTIMENT, name="transcribe", family="speech", host="stt")
SYNTHESIZE = replace(SENTIMENT, name="synthesize", family="speech", host="tts")
SPEAKER = replace(SENTIMENT, name="speaker", family="speech")
ANOMALIES = replace(SENTIMENT, name="anomalies", family="decision")


@pytest.mark.parametrize("file", ["BasicRegions.json", "ExtendedRegions.json"])
def test_every_documented_region_has_its_host(file: str) -> None:
    regions = load(f"common/{file}")["parameters"]["AzureRegion"]["enum"]

    assert len(regions) >= 5
    for region in regions:
        target = azure(region, key=KEY)
        assert target.url(SENTIMENT) == f"https://{region}.api.cognitive.microsoft.com"
        assert target.cloud == "public"


@pytest.mark.parametrize(
    ("region", "common", "speech"),
    [
        ("westeurope", "api.cognitive.microsoft.com", "speech.microsoft.com"),
        ("usgovvirginia", "api.cognitive.microsoft.us", "speech.azure.us"),
        ("chinanorth3", "api.cognitive.azure.cn", "speech.azure.cn"),
    ],
)
def test_what_is_asked_chooses_the_host_in_every_cloud(region: str, common: str, speech: str) -> None:
    target = azure(region, key=KEY)

    for service in (SENTIMENT, ANOMALIES, SPEAKER):
        assert target.url(service) == target.identity(service) == f"https://{region}.{common}"
    assert target.url(TRANSCRIBE) == f"https://{region}.stt.{speech}"
    assert target.url(SYNTHESIZE) == f"https://{region}.tts.{speech}"


def test_a_family_may_have_a_host_for_all_its_services(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = replace(CLOUDS["public"], hosts={**CLOUDS["public"].hosts, "decision": "{region}.decision.example"})
    monkeypatch.setitem(CLOUDS, "public", cloud)

    assert azure("westeurope", key=KEY).url(ANOMALIES) == "https://westeurope.decision.example"


@pytest.mark.parametrize("domain", ["azure.com", "azure.us", "azure.cn"])
def test_at_a_resource_s_own_host_the_path_says_which_part_of_speech(domain: str) -> None:
    base = f"https://me.cognitiveservices.{domain}"
    target = azure(endpoint=base, key=KEY)

    assert target.url(SENTIMENT) == target.url(SPEAKER) == base
    assert target.url(TRANSCRIBE) == f"{base}/stt"
    assert target.url(SYNTHESIZE) == f"{base}/tts"


def test_a_gateway_of_one_s_own_is_taken_as_it_is() -> None:
    target = azure(endpoint="https://gateway.example.us/ai/", key=KEY)

    assert target.url(TRANSCRIBE) == "https://gateway.example.us/ai"
    assert target.cloud == "public"
    assert azure(endpoint="https://gateway.example.us", key=KEY, cloud="us-government").cloud == "us-government"


@pytest.mark.parametrize(
    ("place", "base", "cloud"),
    [
        ({"region": "usgovvirginia"}, "https://usgovvirginia.api.cognitive.microsoft.us", "us-government"),
        ({"region": "chinaeast2"}, "https://chinaeast2.api.cognitive.azure.cn", "china"),
        ({"region": "WestEurope"}, "https://westeurope.api.cognitive.microsoft.com", "public"),
        (
            {"endpoint": "HTTPS://Me.CognitiveServices.Azure.us/"},
            "https://me.cognitiveservices.azure.us",
            "us-government",
        ),
        ({"endpoint": "https://me.cognitiveservices.azure.cn"}, "https://me.cognitiveservices.azure.cn", "china"),
        (
            {"endpoint": "https://china-shop.cognitiveservices.azure.com"},
            "https://china-shop.cognitiveservices.azure.com",
            "public",
        ),
    ],
)
def test_the_cloud_follows_from_the_place(place: dict[str, str], base: str, cloud: str) -> None:
    target = azure(**place, key=KEY)

    assert (target.url(SENTIMENT), target.cloud) == (base, cloud)


@pytest.mark.parametrize("region", ["westeurope", "usgovvirginia", "chinaeast2"])
def test_a_region_s_common_host_as_endpoint_is_that_region(region: str) -> None:
    by_name = azure(region, key=KEY)
    by_endpoint = azure(endpoint=f"{by_name}/", key=KEY)

    assert by_endpoint == by_name
    assert by_endpoint.url(TRANSCRIBE) == by_name.url(TRANSCRIBE)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"region": "usgovvirginia", "cloud": "public"}, "is in the cloud 'us-government'"),
        ({"region": "chinaeast2", "cloud": "us-government"}, "is in the cloud 'china'"),
        ({"endpoint": "https://me.cognitiveservices.azure.com", "cloud": "china"}, "is in the cloud 'public'"),
        ({"region": "westeurope", "cloud": "moon"}, "choose 'public', 'us-government', 'china'"),
    ],
)
def test_a_key_of_one_cloud_is_not_sent_to_another(place: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        azure(**place, key=KEY)


def test_a_new_region_can_be_put_into_its_cloud_by_hand() -> None:
    target = azure("newplace", cloud="china", key=KEY)

    assert target.url(SENTIMENT) == "https://newplace.api.cognitive.azure.cn"


@pytest.mark.parametrize("key", ["0123456789abcdef0123456789abcdef", "A" * 84])
def test_a_key_in_the_region_s_place_is_neither_asked_for_as_a_host_nor_shown(key: str) -> None:
    with pytest.raises(ConfigError, match="short name") as caught:
        azure(key)

    assert key not in str(caught.value)


@pytest.mark.parametrize("text", ["azure:westeurope", "azure:HTTPS://westeurope.api.cognitive.microsoft.com"])
def test_the_short_form_takes_a_region_or_an_endpoint(text: str) -> None:
    assert target_from(text) == azure("westeurope")


def test_one_key_serves_all_families_and_the_target_travels() -> None:
    target = azure("westeurope", key=KEY)

    assert pickle.loads(pickle.dumps(target.shipped())) == target
    assert {service.family for service in (SENTIMENT, TRANSCRIBE, ANOMALIES)} == {"language", "speech", "decision"}
    assert all(target.resolve(service).key == target.key for service in (SENTIMENT, TRANSCRIBE, ANOMALIES))


@pytest.mark.parametrize("retired", [replace(SENTIMENT, retired="Azure retired it. A container serves it.")])
def test_a_retired_service_is_refused_by_azure_alone(retired: Any) -> None:
    with pytest.raises(NotOffered, match="Azure retired it"):
        azure("westeurope", key=KEY).check(retired)
    container("http://localhost:5000").check(retired)
