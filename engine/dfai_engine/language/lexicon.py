"""What the VADER lexicon says about an English text (Hutto and Gilbert, ICWSM 2014)."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

__all__ = ["FEATURES", "THRESHOLD", "Reading", "features", "probabilities", "read"]

THRESHOLD = 0.05  # of the compound score, as VADER's authors give it

FEATURES = ("compound", "compound_squared", "positive_share", "negative_share", "silent")


@dataclass(frozen=True, slots=True)
class Reading:
    """VADER's four numbers: the compound score from -1 to 1, and the shares of words of each kind."""

    compound: float
    positive: float
    neutral: float
    negative: float


def read(text: str) -> Reading:
    """VADER's reading of one text.

    >>> read("What a lovely room!").compound > 0.5
    True
    """
    scores = _analyzer().polarity_scores(text)
    return Reading(scores["compound"], scores["pos"], scores["neu"], scores["neg"])


def probabilities(text: str) -> tuple[float, float, float]:
    """Positive, neutral and negative, summing to 1; the largest is the label that VADER's thresholds give.

    >>> max(zip(probabilities("It was not good."), ("positive", "neutral", "negative")))[1]
    'negative'
    """
    compound = read(text).compound
    if compound == 0:
        return 0.2, 0.6, 0.2  # no word of the lexicon: neutral, and not sure
    # A steep logistic around the threshold, in favour of the stronger side; the other side keeps a rest.
    side = 1 / (1 + math.exp(-6 * (abs(compound) - THRESHOLD)))
    other = 0.1 * (1 - abs(compound))
    strong, weak = side * (1 - other), other
    positive, negative = (strong, weak) if compound > 0 else (weak, strong)
    return positive, 1 - strong - weak, negative


def features(text: str) -> list[float]:
    """FEATURES of one text, for a head; the square keeps the compound's sign.

    Marks of style (capitals, exclamations, emoticons, length) were tried beside them and changed nothing.

    >>> features("The bus stops here.")
    [-0.1531, -0.0234, 0.0, 0.348, 0.0]
    """
    reading = read(text)
    square = round(reading.compound * abs(reading.compound), 4)
    return [reading.compound, square, reading.positive, reading.negative, float(reading.compound == 0)]


@functools.cache
def _analyzer() -> SentimentIntensityAnalyzer:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
