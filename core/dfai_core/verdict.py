"""What an attempt's outcome means: a pure judgement, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from dfai_core.flow.retry import retry_after_s
from dfai_core.service import Web
from dfai_core.targets import Target
from dfai_core.transports.base import Answer, BadAnswer, MaybeSent, NotAllowed, NotSent, TransportError
from dfai_core.whole import SAFE_METHODS

__all__ = ["Action", "Verdict", "judge_answer", "judge_error", "judge_web", "refusal", "request_id"]


class Action(Enum):
    """What to do next with a request."""

    READ = "read"  # it was answered
    WAIT = "wait"  # it was accepted as a long-running operation
    RETRY = "retry"
    SPLIT = "split"  # one of its documents is at fault: halve it until that one stands alone
    REFUSE = "refuse"  # none of its documents will ever be answered
    UNAUTHORIZED = "unauthorized"
    REDIRECT = "redirect"  # it is elsewhere; the message says where
    QUOTA = "quota"  # what the resource may be asked in its billing period is used up


class Verdict(NamedTuple):
    """An action, and the error that stands if it comes to nothing."""

    action: Action
    code: str = ""
    message: str = ""
    status: int | None = None
    retry_after_s: float | None = None
    service_code: str | None = None
    request_id: str | None = None
    maybe_billed: bool = False
    undone: bool = False  # certainly not carried out: sending it again does nothing twice


_READ = Verdict(Action.READ)
# Refusals of the request as such: no part of it would fare better alone.
_WHOLE = frozenset(
    {
        "FeatureNotAvailable",
        "InvalidApiVersionParameter",
        "InvalidParameterValue",
        "InvalidRequestBodyFormat",
        "MissingApiVersionParameter",
        "MissingInputDocuments",
        "ModelVersionIncorrect",
        "UnsupportedApiVersion",
        "UnsupportedOperation",
    }
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNSUPPORTED = frozenset({"FeatureNotAvailable", "UnsupportedOperation"})
_NO_FEATURE = "UnsupportedFeature"
_QUOTA = re.compile(r"\bout of (call volume )?quota\b|\bquota (is |has been )?(exceeded|exhausted)\b", re.IGNORECASE)
_NOTHING: Mapping[str, str] = MappingProxyType({})
_ELSEWHERE = ("detail", "error_description", "reason", "title")
# Shorter texts are no keys, and masking them would blot out words.
_SHORTEST_KEY = 8


def judge_answer(
    answer: Answer,
    sent: Mapping[str, str] = _NOTHING,
    codes: Mapping[str, str] = _NOTHING,
    accepts: frozenset[int] = frozenset({200}),
) -> Verdict:
    """What an HTTP answer means; *sent* are the credential's headers, which some gateways quote and nobody may see.

    *codes* are ours for some of the service's own, *accepts* the statuses that hold answers.

    >>> judge_answer(Answer(503, {"Retry-After": "2"}, b"")).retry_after_s
    2.0
    """
    status = answer.status
    if status in accepts:
        return _READ
    if status == 202:
        return Verdict(Action.WAIT, status=202)
    if 200 < status < 300:
        return Verdict(Action.RETRY, "bad_answer", "the answer holds nothing", status)
    service_code, words = _words(answer.body, sent)

    def verdict(action: Action, code: str, otherwise: str) -> Verdict:
        wait = retry_after_s(answer.headers) if action is Action.RETRY else None
        return Verdict(
            action, code, words or otherwise, status, wait, service_code, request_id(answer), undone=status == 429
        )

    if status == 429:
        return verdict(Action.RETRY, "rate_limited", "too many requests")
    if status == 408 or (status >= 500 and status != 501):
        return verdict(Action.RETRY, "unavailable", "the service failed")
    if status == 403 and _QUOTA.search(words):  # the key is right, and no retry brings more before the period ends
        refused = verdict(Action.QUOTA, "unauthorized", "")
        return refused._replace(message=f"the resource's quota is used up: {refused.message}")
    known = codes.get(service_code or "")
    if status == 401 or (status == 403 and known is None):
        return verdict(Action.UNAUTHORIZED, "unauthorized", "access denied")
    if 300 <= status < 400:
        return verdict(Action.REFUSE, "refused", "the target redirects elsewhere, which dfai does not follow")
    if status == 413:
        return verdict(Action.SPLIT, "too_large", "the request is too large")
    if status == 400 and service_code not in _WHOLE:
        return verdict(Action.SPLIT, known or "refused", "the service refuses the request")
    code = known or ("unsupported" if status == 501 or service_code in _UNSUPPORTED else "refused")
    return verdict(Action.REFUSE, code, "the service refuses the request")


def judge_web(answer: Answer, sent: Mapping[str, str], web: Web, method: str) -> Verdict:
    """What the answer of any web service means: *web* says which statuses are answers; *sent* are the opened secrets.

    Nothing is known of the service but what HTTP itself says, so no refusal ends more than its own rows. 429 (RFC 6585,
    section 4) and 503 with Retry-After (RFC 9110, section 15.6.4) say that the request was not carried out.
    """
    status = answer.status
    if status == 202 and web.progress is not None:
        return Verdict(Action.WAIT, status=202)
    if web.accepts(status):
        return _READ
    location = answer.headers.get("Location")
    if status in _REDIRECTS and location and method in SAFE_METHODS:
        return Verdict(Action.REDIRECT, message=location, status=status)
    service_code, words = _words(answer.body, sent)
    wait = retry_after_s(answer.headers)
    action, code, otherwise, undone = Action.REFUSE, "refused", "the service refuses the request", False
    if status == 429:
        action, code, otherwise, undone = Action.RETRY, "rate_limited", "too many requests", True
    elif status == 408 or (status >= 500 and status != 501):
        action, code, otherwise, undone = (
            Action.RETRY,
            "unavailable",
            "the service failed",
            status == 503 and wait is not None,
        )
    elif status in (401, 403):
        code, otherwise = "unauthorized", "access denied"
    elif status == 413:
        action, code, otherwise, undone = Action.SPLIT, "too_large", "the request is too large", True
    elif status in (400, 422):
        action = Action.SPLIT
    elif status == 501:
        code = "unsupported"
    elif status < 300:
        otherwise = "this status is not among those that are answers (ok=)"
    elif status < 400:
        otherwise = "the service redirects elsewhere, which is followed for GET and HEAD alone"
    known = wait if action is Action.RETRY else None
    identity = request_id(answer)
    return Verdict(action, code, words or otherwise, status, known, service_code, identity, undone=undone)


def judge_error(error: TransportError | TimeoutError, max_bytes: int | None = None) -> Verdict:
    """What an exchange without an answer means; *max_bytes* is the row's own limit, where it has one."""
    match error:
        case NotAllowed():
            return Verdict(Action.REFUSE, "refused", str(error), undone=True)
        case NotSent():
            action = Action.REFUSE if error.permanent else Action.RETRY
            return Verdict(action, "unavailable", str(error), undone=True)
        case MaybeSent():
            return Verdict(Action.RETRY, "unavailable", str(error), maybe_billed=True)
        case BadAnswer() if error.permanent and max_bytes is not None:
            return Verdict(Action.REFUSE, "too_large", f"the content is larger than max_bytes={max_bytes:,}")
        case BadAnswer():
            # One that is too large may be so for one of its documents; sent again as it is, it would be no smaller.
            action = Action.SPLIT if error.permanent else Action.RETRY
            return Verdict(action, "bad_answer", str(error), maybe_billed=True)
        case _:
            return Verdict(Action.RETRY, "timeout", "no answer in time", maybe_billed=True)


def refusal(target: Target, verdict: Verdict) -> str:
    """Why a call that was refused before anything was answered goes no further, and what to do."""
    said = f"({verdict.status}: {verdict.message})"
    if verdict.action is Action.QUOTA:
        return (
            f"{target} answers no more {said}. The key is right: wait for the next period, take a larger tier, "
            'or let another target answer; if_exists="fill" then asks only for what is missing.'
        )
    if verdict.service_code == _NO_FEATURE:
        return (
            f"{target} does not offer this {said}; no more was sent. The key is right: the resource needs an approval "
            "for it, or does not have it."
        )
    key = getattr(target, "key", None)
    named = "the credential" if key is None else f"the key from {key}" if ":" in str(key) else str(key)
    return (
        f"{target} refused {named} before anything was answered {said}; no more was sent. "
        "Is it the key of a resource in this place that serves this?"
    )


def request_id(answer: Answer) -> str | None:
    """The id under which the service's support finds this request."""
    return answer.headers.get("apim-request-id") or answer.headers.get("x-ms-request-id")


def _words(body: bytes, sent: Mapping[str, str]) -> tuple[str | None, str]:
    """The code and message of an error body, in any of the shapes that Azure's gateways use."""
    try:
        parsed: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None, ""  # gateways answer in HTML or not at all: the status says enough
    if not isinstance(parsed, dict):
        return None, ""
    error = parsed.get("error", parsed)
    if not isinstance(error, dict):
        return None, _shown("" if error is None else error, sent)
    if isinstance(error.get("errors"), list) and error["errors"] and isinstance(error["errors"][0], dict):
        error = error["errors"][0]  # as Bing's services list them
    inner = error.get("innererror") or error.get("innerError") or {}
    code = (inner.get("code") if isinstance(inner, dict) else None) or error.get("code")
    message = (inner.get("message") if isinstance(inner, dict) else None) or error.get("message") or ""
    if not message:  # RFC 9457 and others: the words stand elsewhere
        message = next((error[name] for name in _ELSEWHERE if isinstance(error.get(name), str)), "")
    return (None if code is None else _shown(code, sent)), _shown(message, sent)


def _shown(said: object, sent: Mapping[str, str]) -> str:
    """What a service *said* in one line for people, without anything that was *sent* in secret.

    >>> _shown("who is 0123456789?", {"Key": "0123456789"})
    'who is ***?'
    """
    text = " ".join(str(said).split())
    parts = {part for value in sent.values() for part in (value, *value.split()) if len(part) >= _SHORTEST_KEY}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "***")
    return text[:500]
