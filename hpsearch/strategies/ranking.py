"""How a trial ranks among the others at a step; kept in order, so that no report has to sort."""

import statistics
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable

from optuna.trial import FrozenTrial

from hpsearch.common.goal import Goal


class Ranking:
    """The values that all trials of a study reported, by step."""

    def __init__(self, goal: Goal, trials: Iterable[FrozenTrial]) -> None:
        """Start with the trials so far; `add` takes what follows."""
        self._goal = goal
        self._values: defaultdict[int, list[float]] = defaultdict(list)
        for trial in trials:
            for step, value in trial.intermediate_values.items():
                self.add(step, value)

    def add(self, step: int, value: float) -> None:
        """Add a value that was reported at a step."""
        insort(self._values[step], value)

    def describe(self, step: int, value: float) -> str:
        """Return how a value that was added ranks among all values at its step."""
        values = self._values[step]
        text = f"{self._goal.metric} {value:.4g} at step {step}"
        if len(values) < 2:
            return text
        below, above = bisect_left(values, value), len(values) - bisect_right(values, value)
        better = above if self._goal.direction == "maximize" else below
        median = statistics.median([*values[:below], *values[below + 1 :]])  # of the others
        return f"{text}, ranked {better + 1} of {len(values)} (median {median:.4g})"
