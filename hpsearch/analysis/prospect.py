"""The chance that more searching improves the best trial by more than the noise.

Of independent values the n-th is the best so far with probability 1/n, so new bests come at rate 1
in the logarithm of n (A. Rényi, "Théorie des éléments saillants d'une suite d'observations", 1962).
A sampler that learns finds more of them, noise hides some. So the rate is unknown: a gamma
distribution, which the new bests of the last three quarters of the complete trials update. With r
of these while the logarithm grew by s, the chance of another one until the search is 1 + x times as
long is

    1 - ((b + s) / (b + s + ln(1 + x))) ** (a + r)

a and b are fitted to simulated searches; tests/benchmarks/README.md has what was promised there and
what came.
"""

import math
import statistics
from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hpsearch.common.goal import Goal, has_value
from hpsearch.common.text import duration
from hpsearch.common.trial import TrialRecord, TrialState

SHAPE, RATE = 4.0, 2.5
"""a and b: what is expected before a trial has run, 1.6 new bests in each e-fold of trials."""

FORGOTTEN = 4
"""What the first 1/4 of the trials brought no longer counts."""

LEAST_TRIALS = 8
"""With fewer complete trials nothing is promised."""

HOUR = 3600.0
LAST_REPORTS = 9
"""The noise is that of so many reports at the end of a curve."""


@dataclass(frozen=True)
class Prospect:
    """The chance that `seconds` more improve the best value by more than `noise`."""

    chance: float
    noise: float
    seconds: float

    @property
    def words(self) -> str:
        """The promise as a person reads it."""
        more = "hour" if self.seconds == HOUR else duration(self.seconds)
        noise = f"the noise ({self.noise:.2g})" if self.noise else "nothing"
        chance = "below 1%" if self.chance < 0.01 else f"{self.chance:.0%}"
        return f"another {more} improves the best by more than {noise} with a chance of {chance}"


class Meter:
    """Takes trials as they end, and says what more searching promises."""

    def __init__(self, goals: Sequence[Goal]) -> None:
        """With several objectives nothing is ever promised."""
        self._goal = goals[0] if len(goals) == 1 else None
        self._complete: list[tuple[float, int, float, list[float]]] = []
        self._known: tuple[float, float, int] | None = None

    def count(self, record: TrialRecord) -> None:
        """Take a trial that ended."""
        if self._goal is None or record.state is not TrialState.COMPLETE:
            return
        sign = 1.0 if self._goal.direction == "maximize" else -1.0
        reports = [m for m in record.measurements if has_value(m, self._goal)]
        tail = [m.metrics[self._goal.metric] for m in reports[-LAST_REPORTS:]]
        place = (record.search_seconds, record.number)
        insort(self._complete, (*place, sign * record.values[0], tail))
        self._known = None

    def prospect(self, seconds: float) -> Prospect | None:
        """Return what another hour promises after so many seconds of searching.

        After less than an hour: what as much time again promises. None if nobody can tell yet.
        """
        if len(self._complete) < LEAST_TRIALS or seconds <= 0:
            return None
        if self._known is None:
            values = [value for _, _, value, _ in self._complete]
            best = sorted(self._complete, key=lambda one: -one[2])[: max(3, len(values) // 4)]
            noise = noise_of([tail for *_, tail in best])
            self._known = (noise, *new_bests(values, noise))
        noise, passed, found = self._known
        more = min(HOUR, seconds)
        return Prospect(chance_of_another(passed, found, more / seconds), noise, more)


def prospect_of(records: Iterable[TrialRecord], goals: Sequence[Goal]) -> Prospect | None:
    """Return what more searching promises after these trials; None if nobody can tell yet."""
    meter, seconds = Meter(goals), 0.0
    for record in records:
        meter.count(record)
        seconds = max(seconds, record.search_seconds)
    return meter.prospect(seconds)


def noise_of(curves: Sequence[Sequence[float]]) -> float:
    """Return the standard deviation of curves' values about a smooth course; 0 if it is unknown.

    From second differences, of which those of a straight line vanish: T. Gasser, L. Sroka and
    C. Jennen-Steinmetz, "Residual variance and residual pattern in nonlinear regression",
    Biometrika 1986. Their median, as curves may have jumps.
    """
    bends = [
        abs(one - 2 * two + three)
        for curve in curves
        for one, two, three in zip(curve, curve[1:], curve[2:], strict=False)
    ]
    return statistics.median(bends) / (0.6745 * math.sqrt(6)) if bends else 0.0


def new_bests(values: Sequence[float], noise: float) -> tuple[float, int]:
    """Return how much the logarithm of the trials grew lately, and how many new bests that had.

    `values` are in the order in which trials ended; more is better.
    """
    forgotten, best = max(1, len(values) // FORGOTTEN), values[0]
    passed, found = 0.0, 0
    for count, value in enumerate(values[1:], start=2):
        if count > forgotten:
            passed += 1 / count
            found += value > best + noise
        best = max(best, value)
    return passed, found


def chance_of_another(passed: float, found: int, share: float) -> float:
    """Return the chance of another new best while the search becomes 1 + `share` times as long."""
    spread = RATE + passed
    return float(1 - (spread / (spread + math.log1p(share))) ** (SHAPE + found))
