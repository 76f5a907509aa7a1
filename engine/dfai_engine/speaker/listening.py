"""Whether a phrase was said: speech to text, where this engine has it."""

from __future__ import annotations

from dfai_engine.failures import ServiceFailure
from dfai_engine.speaker.phrases import PASS_PHRASES, matching
from dfai_engine.speaker.spectra import Samples

__all__ = ["phrase_in"]


def phrase_in(samples: Samples, locale: str, phrase: str | None) -> str:
    """The phrase that is said: *phrase*, or any of the locale's where that is None.

    Raises
    ------
    ServiceFailure
        Something else is said; or there is nothing here that understands speech.
    """
    said = _said(samples, locale)
    among = (phrase,) if phrase is not None else PASS_PHRASES[locale.lower()]
    found = matching(said, among)
    if found is None:
        expected = f"the phrase of this profile: {phrase}" if phrase else "one of the phrases; they are listed"
        raise ServiceFailure(f"What is said is not {expected}.", code="InvalidPassPhrase")
    return found


def _said(_: Samples, __: str) -> str:
    raise ServiceFailure(
        "Text-dependent profiles need speech recognition, which is not here. Text-independent ones need none.",
        code="FeatureNotAvailable",
    )
