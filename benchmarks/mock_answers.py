"""What the mock service answers: sentiment in the shape of Azure's Language, and of OpenAI's two interfaces.

Every label follows from the text alone, so that each client can be checked.

Sources: Azure AI Language, REST reference, Analyze Text 2023-04-01; OpenAI, API reference, Chat Completions and
Responses, with what the official Python client reads of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

__all__ = ["ROUTES", "Answered", "client_of", "expected"]

_SCORES = (
    ("positive", {"positive": 0.98, "neutral": 0.01, "negative": 0.01}),
    ("neutral", {"positive": 0.05, "neutral": 0.9, "negative": 0.05}),
    ("negative", {"positive": 0.02, "neutral": 0.08, "negative": 0.9}),
)
# Usage is made up: nothing here has tokens.
_CHAT_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
_RESPONSES_USAGE = {
    "input_tokens": 1,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 1,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 2,
}


class Answered(NamedTuple):
    """An answer's body, and the texts that it is about."""

    body: bytes
    texts: list[str]


def expected(text: str) -> tuple[str, dict[str, float]]:
    """The label and scores that the service gives *text*: by its length, so that a wrong join shows."""
    return _SCORES[len(text) % 3]


def client_of(texts: list[str]) -> str:
    """Who asks: a text may begin with its client's mark.

    >>> client_of(["@7 lovely room"]), client_of(["lovely room"])
    ('@7', '')
    """
    return texts[0].partition(" ")[0] if texts and texts[0].startswith("@") else ""


def _language(body: bytes) -> Answered:
    asked = orjson.loads(body)["analysisInput"]["documents"]
    documents = []
    texts = []
    for document in asked:
        text = document["text"]
        texts.append(text)
        label, scores = expected(text)
        sentence = {"sentiment": label, "confidenceScores": scores, "offset": 0, "length": len(text), "text": text}
        documents.append(
            {
                "id": document["id"],
                "sentiment": label,
                "confidenceScores": scores,
                "sentences": [sentence],
                "warnings": [],
            }
        )
    results = {"documents": documents, "errors": [], "modelVersion": "2022-11-01"}
    return Answered(orjson.dumps({"kind": "SentimentAnalysisResults", "results": results}), texts)


def _chat(body: bytes) -> Answered:
    asked = orjson.loads(body)
    content, texts = _completed(_said(asked["messages"]))
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    answer = {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "created": 0,
        "model": asked["model"],
        "choices": [choice],
        "usage": _CHAT_USAGE,
    }
    return Answered(orjson.dumps(answer), texts)


def _responses(body: bytes) -> Answered:
    asked = orjson.loads(body)
    said = asked["input"] if isinstance(asked["input"], str) else _said(asked["input"])
    content, texts = _completed(said)
    part = {"type": "output_text", "text": content, "annotations": []}
    message = {"type": "message", "id": "msg_mock", "status": "completed", "role": "assistant", "content": [part]}
    answer = {
        "id": "resp_mock",
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": asked["model"],
        "output": [message],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": _RESPONSES_USAGE,
    }
    return Answered(orjson.dumps(answer), texts)


def _said(messages: list[dict[str, Any]]) -> str:
    """What the user's last message says: a string, or parts with text."""
    content = next(message["content"] for message in reversed(messages) if message["role"] == "user")
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _completed(said: str) -> tuple[str, list[str]]:
    """A model's words: the label of the text, or of each in openaivec's envelope, which asks many at once."""
    if not said.startswith('{"user_messages":'):
        return expected(said)[0], [said]
    asked = orjson.loads(said)["user_messages"]
    texts = [message["body"] for message in asked]
    messages = [{"id": message["id"], "body": expected(message["body"])[0]} for message in asked]
    return orjson.dumps({"assistant_messages": messages}).decode(), texts


ROUTES: tuple[tuple[bytes, Callable[[bytes], Answered]], ...] = (
    (b"/language/:analyze-text", _language),
    (b"/v1/chat/completions", _chat),
    (b"/v1/responses", _responses),
)
"""The beginnings of paths, the one that is asked most first."""
