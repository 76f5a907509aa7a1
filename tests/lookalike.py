"""An Azure Language look-alike without models, in process: its answers follow from the text by simple rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

__all__ = ["Lookalike"]

GOOD = ("good", "lovely", "great")
BAD = ("bad", "awful")


class Lookalike:
    """Answers ``/language/:analyze-text`` and counts what it is asked; `transport` is what a call uses."""

    def __init__(self, refuse: Callable[[httpx.Request], httpx.Response | None] = lambda request: None) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[httpx.Headers] = []
        self._refuse = refuse
        self.transport = httpx.MockTransport(self._answer)

    @property
    def texts(self) -> list[str]:
        """Every text asked so far, in order."""
        return [d["text"] for body in self.requests for d in body["analysisInput"]["documents"]]

    @property
    def languages(self) -> list[str | None]:
        """The language that each document named."""
        return [d.get("language") for body in self.requests for d in body["analysisInput"]["documents"]]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.headers.append(request.headers)
        body = json.loads(request.content)
        self.requests.append(body)
        refused = self._refuse(request)
        if refused is not None:
            return refused
        documents, errors = [], []
        for document in body["analysisInput"]["documents"]:
            if "refuse me" in document["text"]:
                inner = {"code": "InvalidDocument", "message": "This one is refused."}
                error = {"code": "InvalidArgument", "message": "Invalid.", "innererror": inner}
                errors.append({"id": document["id"], "error": error})
            else:
                documents.append({"id": document["id"], "warnings": [], **self._result(body["kind"], document["text"])})
        results = {"documents": documents, "errors": errors, "modelVersion": "rules"}
        return httpx.Response(200, json={"kind": f"{body['kind']}Results", "results": results})

    @staticmethod
    def _result(kind: str, text: str) -> dict[str, Any]:
        words = text.lower().replace(".", " ").split()
        if kind == "KeyPhraseExtraction":
            return {"keyPhrases": sorted({word for word in words if len(word) > 5})}
        if kind == "LanguageDetection":
            french = "le" in words or "la" in words
            name, code = ("French", "fr") if french else ("English", "en")
            return {"detectedLanguage": {"name": name, "iso6391Name": code, "confidenceScore": 0.9}}
        if kind == "PiiEntityRecognition":
            return {"redactedText": text.replace("Jo", "**"), "entities": []}
        good, bad = any(w in words for w in GOOD), any(w in words for w in BAD)
        label = "mixed" if good and bad else "positive" if good else "negative" if bad else "neutral"
        scores = {"positive": float(good), "neutral": float(not good and not bad), "negative": float(bad)}
        sentence = {"text": text, "sentiment": label, "confidenceScores": scores, "offset": 0, "length": len(text)}
        return {"sentiment": label, "confidenceScores": scores, "sentences": [sentence]}
