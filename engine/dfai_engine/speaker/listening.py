"""Whether a phrase was said: the Speech family's recogniser listens."""

from __future__ import annotations

import numpy as np

from dfai_engine.failures import ServiceFailure
from dfai_engine.speaker.phrases import PASS_PHRASES, matching
from dfai_engine.speaker.spectra import Samples

__all__ = ["phrase_in"]


def phrase_in(samples: Samples, locale: str, phrase: str | None) -> str:
    """The phrase that is said: *phrase*, or any of the locale's where that is None.

    Raises
    ------
    ServiceFailure
        Something else is said.
    """
    said = _said(samples, locale)
    among = (phrase,) if phrase is not None else PASS_PHRASES[locale.lower()]
    found = matching(said, among)
    if found is None:
        expected = f"the phrase of this profile: {phrase}" if phrase else "one of the phrases; they are listed"
        raise ServiceFailure(f"What is said is not {expected}.", code="InvalidPassPhrase")
    return found


def _said(samples: Samples, locale: str) -> str:
    """The words in a sound.

    Raises
    ------
    dfai_engine.weights.ModelMissing
        Of the recogniser.
    """
    from dfai_engine.speech.hearing import Wanted, heard
    from dfai_engine.speech.samples import Sound

    whole = np.rint(samples * 32_768).astype(np.int16)[None]
    return heard(Sound(whole), Wanted(languages=(locale[:2].lower(),))).text()
