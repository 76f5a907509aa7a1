"""Azure's own client for Language, unchanged, against the engine over a socket: the shape is right if it is happy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from dfai_engine import weights
from engine.server import serving

sdk = pytest.importorskip("azure.ai.textanalytics")
aio = pytest.importorskip("azure.ai.textanalytics.aio")
exceptions = pytest.importorskip("azure.core.exceptions")
credentials = pytest.importorskip("azure.core.credentials")

KEY = "open sesame"
REVIEW = "The rooms were beautiful. The breakfast was terrible and cold."
NAMES = "Bill Gates founded Microsoft in Albuquerque."
PRIVATE = "Write to jane.doe@example.com, the card is 4111 1111 1111 1111."
STORY = (
    "The river rose through the night. By morning the lower streets were under water. Boats carried people to the "
    "school on the hill. The mayor asked the neighbouring towns for blankets and bread. Volunteers cooked soup for "
    "three hundred people. In the evening the rain stopped and the river began to fall."
)
VERSIONS = (None, "2023-04-01", "2022-05-01")

needs_spacy = pytest.mark.skipif(
    not weights.present("spacy-en-sm"), reason="entities need the model: dfai models pull nlp"
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(key=KEY) as address:
        yield address


@pytest.fixture(params=VERSIONS, ids=str)
def client(request: pytest.FixtureRequest, url: str) -> Iterator[Any]:
    options = {} if request.param is None else {"api_version": request.param}
    with sdk.TextAnalyticsClient(url, credentials.AzureKeyCredential(KEY), **options) as made:
        yield made


@pytest.fixture
def default_client(url: str) -> Iterator[Any]:
    with sdk.TextAnalyticsClient(url, credentials.AzureKeyCredential(KEY)) as made:
        yield made


def test_sentiment_with_opinions(client: Any) -> None:
    good, bad = client.analyze_sentiment([REVIEW, "I love it."], show_opinion_mining=True, show_stats=True)

    assert good.sentiment in ("positive", "neutral", "negative", "mixed")
    assert bad.sentiment == "positive"
    assert "".join(REVIEW[s.offset : s.offset + s.length] for s in good.sentences) == "".join(
        s.text for s in good.sentences
    )
    assert good.statistics.transaction_count == 1
    for sentence in good.sentences:
        for opinion in sentence.mined_opinions:
            assert opinion.target.text in sentence.text
            assert all(assessment.text in sentence.text for assessment in opinion.assessments)


def test_bad_documents_stand_beside_good_ones(client: Any) -> None:
    good, blank, again = client.analyze_sentiment(["I love it.", " ", "I hate it."], show_opinion_mining=True)

    assert (good.is_error, blank.is_error, again.is_error) == (False, True, False)
    assert blank.error.code == "InvalidDocument"
    assert again.sentiment == "negative"


def test_languages(client: Any) -> None:
    documents = [
        {"id": "1", "text": "Je voudrais une chambre avec vue sur la mer.", "country_hint": "none"},
        {"id": "2", "text": "Das Zimmer war sauber und ruhig."},
        {"id": "3", "text": "Nowhere.", "country_hint": "Nowhere"},
    ]
    french, german, refused = client.detect_language(documents)

    assert (french.primary_language.iso6391_name, german.primary_language.iso6391_name) == ("fr", "de")
    assert refused.error.code == "InvalidCountryHint"


def test_key_phrases(client: Any) -> None:
    (found,) = client.extract_key_phrases([REVIEW])

    assert not found.is_error
    assert found.key_phrases


@needs_spacy
def test_entities(client: Any) -> None:
    (found,) = client.recognize_entities([NAMES])

    assert "Bill Gates" in [entity.text for entity in found.entities]
    assert all(NAMES[entity.offset : entity.offset + entity.length] == entity.text for entity in found.entities)


@needs_spacy
def test_personal_information(client: Any) -> None:
    (found,) = client.recognize_pii_entities([PRIVATE])

    assert "jane.doe@example.com" not in found.redacted_text
    assert {"Email", "CreditCardNumber"} <= {entity.category for entity in found.entities}


def test_linked_entities_are_refused_with_the_reason(client: Any) -> None:
    with pytest.raises(exceptions.HttpResponseError, match="Azure"):
        client.recognize_linked_entities([NAMES])


def test_several_actions_in_one_job(client: Any) -> None:
    actions = [
        sdk.AnalyzeSentimentAction(),
        sdk.ExtractKeyPhrasesAction(),
        sdk.RecognizeLinkedEntitiesAction(),
    ]
    poller = client.begin_analyze_actions([REVIEW, "I love it."], actions, display_name="all of it", polling_interval=0)
    pages = [list(results) for results in poller.result()]

    assert poller.details["total_actions_count"] == 3
    assert poller.details["display_name"] == "all of it"
    assert [[result.is_error for result in results] for results in pages] == [[False, False, True]] * 2
    assert pages[1][0].sentiment == "positive"
    assert "Azure" in pages[0][2].error.message


def test_a_job_of_several_pages(default_client: Any) -> None:
    texts = [f"Text number {number} is lovely." for number in range(23)]
    poller = default_client.begin_analyze_actions(texts, [sdk.ExtractKeyPhrasesAction()], polling_interval=0)

    assert [result.id for results in poller.result() for result in results] == [str(number) for number in range(23)]


def test_a_summary(default_client: Any) -> None:
    poller = default_client.begin_extract_summary([STORY], max_sentence_count=2, polling_interval=0)
    (found,) = list(poller.result())

    assert not found.is_error, found.error
    assert len(found.sentences) == 2
    assert all(STORY[s.offset : s.offset + s.length] == s.text for s in found.sentences)


def test_a_wrong_key_is_an_authentication_error(url: str) -> None:
    with (
        sdk.TextAnalyticsClient(url, credentials.AzureKeyCredential("wrong")) as client,
        pytest.raises(exceptions.ClientAuthenticationError, match="Access denied"),
    ):
        client.detect_language(["text"])


def test_too_many_documents_are_an_error_that_names_the_limit(client: Any) -> None:
    with pytest.raises(exceptions.HttpResponseError, match="at most 10"):
        client.analyze_sentiment(["I love it."] * 11)


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_the_asynchronous_client(url: str, version: str | None) -> None:
    async def use() -> tuple[str, str, list[str], list[bool]]:
        options = {} if version is None else {"api_version": version}
        async with aio.TextAnalyticsClient(url, credentials.AzureKeyCredential(KEY), **options) as client:
            (felt,) = await client.analyze_sentiment(["I love it."])
            (spoken,) = await client.detect_language(["Das Zimmer war sauber und ruhig."])
            (phrases,) = await client.extract_key_phrases([REVIEW])
            poller = await client.begin_analyze_actions([REVIEW], [sdk.AnalyzeSentimentAction()], polling_interval=0)
            errors = [result.is_error async for results in await poller.result() for result in results]
            return felt.sentiment, spoken.primary_language.iso6391_name, phrases.key_phrases, errors

    sentiment, language, phrases, errors = asyncio.run(use())

    assert (sentiment, language, errors) == ("positive", "de", [False])
    assert phrases


def test_the_asynchronous_client_summarises(url: str) -> None:
    async def use() -> list[Any]:
        async with aio.TextAnalyticsClient(url, credentials.AzureKeyCredential(KEY)) as client:
            poller = await client.begin_extract_summary([STORY], polling_interval=0)
            return [result async for result in await poller.result()]

    (found,) = asyncio.run(use())

    assert len(found.sentences) == 3
