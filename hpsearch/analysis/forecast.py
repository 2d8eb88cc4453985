"""How long many trials take, from few: times spread by factors, so logarithms are what is added.

The interval of one more trial is Student's for a further observation, of the logarithms. That of
many trials together is of their mean: its relative error is that of the mean of the few and of the
many. Both widen with few trials as Student's quantiles do.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.9
"""What an interval holds, of 1."""

SHORTEST = 1e-3
"""Seconds below which a trial's time says nothing."""


@dataclass(frozen=True)
class Span:
    """A value with the interval in which it is 9 times out of 10; the same three if it is known."""

    low: float
    middle: float
    high: float

    def times(self, factor: float) -> "Span":
        """Return so many times this."""
        return Span(self.low * factor, self.middle * factor, self.high * factor)

    def at_most(self, limit: float) -> "Span":
        """Return this, cut at a limit."""
        return Span(min(self.low, limit), min(self.middle, limit), min(self.high, limit))


def one_more(seconds: Sequence[float]) -> Span:
    """Return how long one more trial takes, by the times of at least two others."""
    logs = [math.log(max(SHORTEST, one)) for one in seconds]
    middle = statistics.fmean(logs)
    spread = _quantile(len(logs)) * statistics.stdev(logs) * math.sqrt(1 + 1 / len(logs))
    return Span(*(math.exp(middle + part * spread) for part in (-1, 0, 1)))


def together(seconds: Sequence[float], trials: int) -> Span:
    """Return how long so many trials take together, by the times of at least two others."""
    known = [max(SHORTEST, one) for one in seconds]
    mean = statistics.fmean(known)
    relative = statistics.stdev(known) / mean * math.sqrt(1 / len(known) + 1 / trials)
    spread = _quantile(len(known)) * relative
    return Span(*(trials * mean * math.exp(part * spread) for part in (-1, 0, 1)))


def _quantile(observations: int) -> float:
    from scipy.special import stdtrit  # 0.2 s

    return float(stdtrit(observations - 1, (1 + LEVEL) / 2))
