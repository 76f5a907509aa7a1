"""Which English words judge, and how strongly: VADER's lexicon and a supplement for things and places."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from dfai_engine.language.wordlists import words

__all__ = ["Pair", "valence"]

_LEAST = 0.4  # of 4; weaker words say more about their writer's topic than about a thing

# Words that judge a room, a meal, a machine or a service, and that the lexicon lacks or weighs for another use.
_SUPPLEMENT: Mapping[str, float] = {
    **dict.fromkeys(
        words(
            "accommodating accurate affordable attentive bright captivating clean comfy compact convenient cosy "
            "courteous cozy crisp delicious durable efficient effortless exceptional fast flavorful flavourful fresh "
            "generous gripping handy hospitable hygienic immaculate incredible informative insightful intuitive juicy "
            "knowledgeable lightweight luxurious magical memorable modern mouthwatering phenomenal polite precise "
            "professional prompt punctual quick quiet refreshing reliable responsive roomy scenic seamless sharp "
            "sleek smooth spacious speedy spotless stellar sturdy stylish superb tasty tender tidy top-notch touching "
            "unbeatable unforgettable versatile well-designed yummy"
        ),
        2.0,
    ),
    **dict.fromkeys(
        words(
            "abysmal atrocious awkward bent bland blurry broken buggy bulky burned burnt chaotic cheap cheesy "
            "claustrophobic cliched clumsy clunky cold cracked cramped crashed crashes crowded cumbersome damp dated "
            "defective dented dim dingy dirty disrespectful drafty draughty dry dull dusty dysfunctional expensive "
            "faulty filthy flimsy forgettable freezes glitchy grainy greasy grumpy hectic humid imprecise inaccurate "
            "inattentive incomplete inconsistent inedible insufficient intolerable laggy late leaked leaks leaky loud "
            "lukewarm mediocre misleading moldy mouldy negligent noisy oily outdated overcooked overheats overpriced "
            "overrated peeling pointless predictable pricey ripped rough rubbery rusty salty scratched shabby shallow "
            "sloppy slow sluggish smelly soggy squeaky stained stale sticky stuffy subpar substandard sucks "
            "sweltering tasteless tedious tiny unacceptable unbearable unclean uncomfortable undercooked "
            "underwhelming uneven unfriendly unhelpful unprofessional unreliable unresponsive unsafe unsanitary "
            "untidy unusable watery wobbly worn"
        ),
        -2.0,
    ),
}
# Words of the lexicon that rarely judge a thing: requests, greetings, needs, fillers.
_SILENT = words(
    "no yes please want wants wanted like likes help helps share shared sharing care interest interested chance okay "
    "ok hand hope hoped play plays natural number value low lower lowest sure alone pay certain certainly hello "
    "greeting thank thanks credit party top join joined feel feeling god matter matters energy forget strange novel "
    "special agree agreed"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A target and one word about it. Spans are (start, end) in code points."""

    target: tuple[int, int]
    assessment: tuple[int, int]
    strength: float
    negated: bool

    @property
    def value(self) -> float:
        """The strength as it is meant: turned around where the word is negated."""
        return -self.strength if self.negated else self.strength


def valence(word: str) -> float:
    """How a word in lower case judges, from -4 to 4; 0 for words that do not.

    >>> valence("lovely") > 0, valence("overpriced") < 0, valence("table")
    (True, True, 0.0)
    """
    return _judging().get(word, 0.0)


@functools.cache
def _judging() -> Mapping[str, float]:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    lexicon: dict[str, float] = SentimentIntensityAnalyzer().lexicon
    judging = {word: value for word, value in lexicon.items() if abs(value) >= _LEAST and word not in _SILENT}
    return {**judging, **_SUPPLEMENT}
