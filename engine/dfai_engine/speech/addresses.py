"""Fetching the sounds that requests name by URL; what may be asked is :mod:`dfai_engine.fetching`'s to say."""

from __future__ import annotations

from dfai_engine import fetching
from dfai_engine.fetching import MODES, NotFetched
from dfai_engine.speech.wire import refused

__all__ = ["fetch"]

TIMEOUT_S = 300.0
_SAID = {
    "setting": f"This server fetches nothing: DFAI_FETCH must be one of {', '.join(MODES)}.",
    "never": "This server fetches nothing (DFAI_FETCH=never). Send the audio itself.",
    "url": "The audio's URL is badly formatted.",
    "size": "The audio is too large.",
    "unknown": "The audio's URL is not accessible.",
}


async def fetch(url: str, max_bytes: int) -> bytes:
    """What stands at a URL.

    Raises
    ------
    ServiceFailure
        ``InvalidRecordingsUri``: it may not be asked, does not answer, or answers anything but 200. ``InvalidAudio``:
        it is larger than *max_bytes*.
    """
    try:
        return await fetching.fetch(url, max_bytes, accept="audio/*, */*;q=0.5", timeout_s=TIMEOUT_S)
    except NotFetched as nothing:
        code = "InvalidAudio" if nothing.why == "size" else "InvalidRecordingsUri"
        raise refused(code, _SAID[nothing.why]) from None
