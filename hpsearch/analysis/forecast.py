"""How long many trials take, from few: times spread by factors, so they are taken as log-normal.

So is the sum of many, with the mean and the variance that it has (Fenton and Wilkinson). The
interval is Student's for a further observation, of the logarithms; it widens as the mean of the few
is uncertain, too. One trial is the sum of one.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
    return together(seconds, 1)


def together(seconds: Sequence[float], trials: int) -> Span:
    """Return how long so many trials take together, by the times of at least two others."""
    known = [max(SHORTEST, one) for one in seconds]
    mean = statistics.fmean(known)
    amounts = np.arange(1, trials + 1)
    variance = np.log1p((statistics.stdev(known) / mean) ** 2 / amounts)
    middle = np.log(amounts * mean) - variance / 2
    spread = _quantile(len(known)) * np.sqrt(variance + variance[0] / len(known))
    high = (middle + spread).max()  # more trials never take less
    return Span(*(math.exp(one) for one in (middle[-1] - spread[-1], middle[-1], high)))


def _quantile(observations: int) -> float:
    from scipy.special import stdtrit  # 0.2 s

    return float(stdtrit(observations - 1, (1 + LEVEL) / 2))
