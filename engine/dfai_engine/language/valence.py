"""Which English words judge, and how strongly: VADER's lexicon and a supplement for things and places."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Pair", "valence"]

_LEAST = 0.4  # of 4; weaker words say more about their writer's topic than about a thing

# Words that judge a room, a meal, a machine or a service, and that the lexicon lacks or weighs for another use.
_SUPPLEMENT: Mapping[str, float] = {
    **dict.fromkeys(
        "affordable attentive clean cosy cozy crisp delicious durable efficient fast flavorful fresh intuitive juicy "
        "knowledgeable lightweight modern polite prompt punctual quick quiet reliable responsive roomy seamless sharp "
        "smooth spacious spotless stylish sturdy superb tasty tidy top-notch yummy well-designed courteous bright "
        "professional generous convenient comfy mouthwatering speedy".split(),
        2.0,
    ),
    **dict.fromkeys(
        "awkward bland broken bulky buggy cheap chaotic clumsy cold crowded cramped dated dim dirty expensive filthy "
        "flimsy greasy inattentive inedible laggy leaky loud mediocre moldy noisy outdated overcooked overpriced "
        "pricey rough shabby slow sluggish smelly soggy stale stained sticky stuffy sucks tasteless tiny uncomfortable "
        "unacceptable undercooked uneven unhelpful unprofessional unreliable unresponsive unusable watery worn "
        "unfriendly late lukewarm inconsistent misleading crashes crashed leaks leaked cracked blurry grainy dull "
        "defective faulty freezes overheats dysfunctional unclean dusty".split(),
        -2.0,
    ),
}
# Words of the lexicon that rarely judge a thing: requests, greetings, needs, fillers.
_SILENT = frozenset(
    "no yes please want wants wanted like likes help helps share shared sharing care interest interested chance okay "
    "ok hand hope hoped play plays natural number value low lower lowest sure alone pay certain certainly hello "
    "greeting thank thanks credit party top join joined feel feeling god matter matters energy forget strange novel "
    "special agree agreed".split()
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
    words = {word: value for word, value in lexicon.items() if abs(value) >= _LEAST and word not in _SILENT}
    return {**words, **_SUPPLEMENT}
