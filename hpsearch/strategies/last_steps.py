"""Where training ends, so that nobody pauses a trial that has nothing left to train.

| known | a trial may be at its end |
|---|---|
| `params` or `space` say how long it trains (`steps`, `epochs`, …) | from one step before it on |
| a trial is complete | if no complete trial went further |
| nothing yet | until some trial has reported a second time |

One step before: some count from 0. A number that a trial goes beyond counts something else than its
reports do, and is forgotten. All of it follows from the trials, so a resumed search knows the same.
"""

from collections.abc import Iterable, Mapping

from hpsearch.common.trial import Value

LENGTHS = frozenset(
    {
        "steps", "epochs", "iterations", "rounds",
        "max_steps", "max_epochs", "max_iter", "max_iterations",
        "num_steps", "num_epochs", "num_iterations", "num_boost_round", "num_train_epochs",
        "n_steps", "n_epochs", "n_iter", "n_iterations", "n_estimators", "n_rounds",
        "total_steps", "total_timesteps",
    }
)  # fmt: skip
"""The last word of hyperparameters that say how long a trial trains."""


def planned_steps(params: Mapping[str, object]) -> int | None:
    """Return how many steps hyperparameters say a trial has; the most if they say several."""
    found = [
        value
        for name, value in params.items()
        if name.rpartition(".")[2] in LENGTHS and type(value) is int and value > 0
    ]
    return max(found, default=None)


class LastSteps:
    """What the trials of a study say about where training ends."""

    def __init__(self) -> None:
        self._planned: dict[int, int] = {}
        self._reached: dict[int, int] = {}
        self._longest_complete: int | None = None
        self._is_plan_refuted = False
        self._has_curves = False
        self.at_end: set[int] = set()
        """The unfinished trials whose last report may be the last that they make."""

    def begin(self, number: int, params: Mapping[str, Value]) -> None:
        """Note a trial's hyperparameters."""
        planned = planned_steps(params)
        if planned is not None:
            self._planned[number] = planned

    def reach(self, number: int, step: int) -> None:
        """Note that a trial reported a step."""
        known = self._known
        self._has_curves |= number in self._reached
        self._reached[number] = step
        self._is_plan_refuted |= step > self._planned.get(number, step)
        self._look_again([number] if known == self._known else self._reached)

    def end(self, number: int, *, is_complete: bool) -> None:
        """Note that a trial is finished."""
        known, step = self._known, self._reached.pop(number, None)
        self.at_end.discard(number)
        if is_complete and step is not None:
            self._longest_complete = max(step, self._longest_complete or 0)
        self._look_again([] if known == self._known else self._reached)

    @property
    def expected(self) -> int | None:
        """The step at which the longest training ends, as far as that is known."""
        if self._longest_complete is not None:
            return self._longest_complete
        planned = self._planned.values()
        return None if self._is_plan_refuted else max(planned, default=None)

    @property
    def _known(self) -> tuple[int | None, bool, bool]:
        """What `at_end` depends on beside the trial itself."""
        return self._longest_complete, self._is_plan_refuted, self._has_curves

    def _look_again(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            change = self.at_end.add if self._may_have_ended(number) else self.at_end.discard
            change(number)

    def _may_have_ended(self, number: int) -> bool:
        step, planned = self._reached.get(number), self._planned.get(number)
        if step is None:
            return False
        if self._longest_complete is not None and step >= self._longest_complete:
            return True
        if planned is not None and not self._is_plan_refuted:
            return step >= planned - 1
        return self._longest_complete is None and not self._has_curves
