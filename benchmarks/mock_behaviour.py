"""How the mock service behaves: how long it takes, what share it spoils, which quota it keeps. Times in seconds."""

from __future__ import annotations

import math
import random
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

__all__ = ["Behaviour", "Fate", "Latency"]


@dataclass(frozen=True, slots=True)
class Latency:
    """How long an answer takes: always the median, or lognormal around it."""

    median_s: float = 0.0
    sigma: float = 0.0

    @classmethod
    def of_mean(cls, mean_s: float, sigma: float) -> Self:
        """The lognormal latency of that mean: what keeps a client as busy as a constant *mean_s* would.

        >>> round(Latency.of_mean(0.1, 1.0).median_s, 4)
        0.0607
        """
        return cls(mean_s * math.exp(-sigma * sigma / 2.0), sigma)

    def draw(self, dice: random.Random) -> float:
        """One answer's time.

        >>> Latency(0.05).draw(random.Random(1))
        0.05
        """
        return self.median_s * math.exp(dice.gauss(0.0, self.sigma)) if self.sigma else self.median_s


class Fate(NamedTuple):
    """What becomes of one request, and when. *kind* is one of Behaviour's, below."""

    kind: str
    after_s: float
    status: int = 200


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Everything that can be asked of the mock.

    Shares are of all requests, drawn for each by itself; a request has one fate. Kinds of fate: "answered" (stragglers
    too, later), "hanging" (never answered), "failed" (with one of *failures*), "reset" (the work is done, then the
    connection breaks), "malformed" (the work is done; half of the JSON comes, or half of the announced bytes).
    """

    latency: Latency = field(default_factory=Latency)
    straggling: float = 0.0
    straggler_s: float = 5.0
    hanging: float = 0.0
    failing: float = 0.0
    failures: tuple[int, ...] = (500, 502, 503)
    resetting: float = 0.0
    malformed: float = 0.0
    quota: str | None = None  # a name of quotas.QUOTAS
    quota_per_s: float = 200.0
    retry_after_s: float | None = 1.0
    refusal_s: float = 0.004  # how long a 429 takes
    seed: int = 1

    def fate(self, dice: random.Random) -> Fate:
        """One request's.

        >>> Behaviour(hanging=1.0).fate(random.Random(1))
        Fate(kind='hanging', after_s=inf, status=200)
        """
        draw = dice.random()
        after_s = self.latency.draw(dice)
        for kind, share in (
            ("hanging", self.hanging),
            ("reset", self.resetting),
            ("malformed", self.malformed),
            ("failed", self.failing),
            ("straggling", self.straggling),
        ):
            draw -= share
            if draw < 0:
                return self._spoilt(kind, after_s, dice)
        return Fate("answered", after_s)

    def _spoilt(self, kind: str, after_s: float, dice: random.Random) -> Fate:
        match kind:
            case "hanging":
                return Fate(kind, math.inf)
            case "straggling":
                return Fate("answered", self.straggler_s)
            case "failed":
                return Fate(kind, after_s, dice.choice(self.failures))
            case _:
                return Fate(kind, after_s)

    @property
    def even(self) -> bool:
        """Whether each request is answered alike: nothing to draw but the time."""
        return not (self.straggling or self.hanging or self.failing or self.resetting or self.malformed or self.quota)

    def as_json(self) -> dict[str, Any]:
        """For the way to the mock's process."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Self:
        """The other end.

        >>> Behaviour.from_json(Behaviour(Latency(0.05), quota="bucket").as_json()).latency
        Latency(median_s=0.05, sigma=0.0)
        """
        parsed = {**given, "latency": Latency(**given["latency"]), "failures": tuple(given["failures"])}
        return cls(**parsed)
