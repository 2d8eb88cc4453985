"""Successive halving that pauses and promotes: ASHA.

L. Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020, algorithm 2. A
trial that reaches a rung continues if it is the best one there, or among the best
1/`reduction_factor` of those that reached it (of several objectives: if not so many others dominate
it; see `rung.py`). Otherwise it is paused with its checkpoint, and
promoted when it is among them, because the rung grows as other trials reach it. There is no rung
where training ends: a trial that is trained to its end is never paused. All state follows from the
trials, so a resumed search knows what was paused without a record of it.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count as counted
from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar, Literal

from hpsearch.common.constraint import has_excess
from hpsearch.common.errors import Fault
from hpsearch.common.goal import Goal, has_values
from hpsearch.common.text import count
from hpsearch.common.trial import Measurement, Origin, TrialState, Value
from hpsearch.experiment import Experiment, PrunerType
from hpsearch.strategies.kind import PrunerKind
from hpsearch.strategies.last_steps import LastSteps, planned_steps
from hpsearch.strategies.options import Limits, OptionRules, faults_of
from hpsearch.strategies.rung import Cost, DominanceRung, Rung, SortedRung

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

LIMITS: Limits = {"min_resource": (1e-6, 1e15), "reduction_factor": (2, 1e6)}


@dataclass
class _Progress:
    """How far a trial is: what it has come to, what it had at its last rung, and its rungs."""

    cost: Cost
    step: int = 0
    rungs: int = 0
    is_at_rung: bool = False
    at_rung: Cost = ()


class Halving:
    """The rungs of one study, each at `reduction_factor` times the resource of the one below."""

    def __init__(
        self,
        goals: Sequence[Goal],
        min_resource: float,
        reduction_factor: int = 3,
        unit: Literal["steps", "seconds"] = "steps",
        *,
        first_share: float = 0.0,
    ) -> None:
        """`min_resource` is the first rung, above 0: steps, or seconds of training.

        By seconds, a cheap configuration trains longer before it is compared. The first rung
        is at most at `first_share` of the longest training, once its length is known, and earlier
        ones are left out. Raises ValueError.
        """
        if not min_resource > 0:
            raise ValueError(f"min_resource must be above 0, not {min_resource!r}")
        if not reduction_factor >= 2:
            raise ValueError(f"reduction_factor must be at least 2, not {reduction_factor!r}")
        if unit not in ("steps", "seconds"):
            raise ValueError(f"unit must be steps or seconds, not {unit!r}")
        self._goals = goals
        self._min_resource = min_resource
        self._factor = reduction_factor
        self._unit = unit
        self._first_share = first_share
        self._rungs: list[Rung] = []
        self._progress: dict[int, _Progress] = {}
        self._ends = LastSteps()

    def describe(self, length: int | None = None) -> str:
        """Return where the rungs are and how many are promoted, for the plan.

        `length` is the last step of a training, None if it is not known.
        """
        rungs = self._rungs_of(length)
        if not rungs:
            return f"asha: no rung in {count(length or 0, 'step')}, so nothing is paused"
        if len(self._goals) > 1:
            return f"asha: {rungs}: what 1/{self._factor} of the others dominate is paused"
        return f"asha: {rungs}: the best 1/{self._factor} are promoted, the others paused"

    def _rungs_of(self, length: int | None) -> str:
        if length is None or self._unit == "seconds":
            at = ", ".join(f"{self._level(rung):g}" for rung in range(3))
            return f"at {at}, … {self._unit}"
        before_end = takewhile(lambda one: one < length - 1, map(self._level, counted()))
        found = [f"{one:g}" for one in before_end if not self._is_early(one, length)]
        return f"at {', '.join(found)} of {length} steps" if found else ""

    def begin(self, number: int, params: Mapping[str, Value], origin: Origin | None = None) -> None:
        """Note the hyperparameters of a trial: they may say how long it trains."""
        self._ends.begin(number, params)

    def end(self, number: int, state: TrialState) -> None:
        """Note what a trial became: if it is complete, training ends where it is."""
        self._ends.end(number, is_complete=state is TrialState.COMPLETE)
        if number in self._progress:
            self._leave(number, self._progress[number])

    def note(self, number: int, measurements: Sequence[Measurement]) -> None:
        """Add what a trial measured since the last call; a returned value has no rung."""
        for measurement in measurements:
            if measurement.source != "returned" and has_values(measurement, self._goals):
                self._note(number, measurement)

    def is_paused(self, number: int) -> bool:
        """Return whether a trial is at a rung, not among its best, and has more to train."""
        progress = self._progress.get(number)
        if progress is None or not progress.is_at_rung or number in self._ends.at_end:
            return False
        if self._is_early(self._level(progress.rungs - 1), self._ends.expected or 0):
            return False
        rung = self._rungs[progress.rungs - 1]
        return rung.rank(number, progress.at_rung) >= self._promoted(rung)

    def next_step(self, number: int) -> float:
        """Return the step of the trial's next rung; by seconds nobody knows it."""
        progress = self._progress.get(number)
        rungs = progress.rungs if progress is not None else 0
        return self._level(rungs) if self._unit == "steps" else 0.0

    def why(self, number: int) -> str:
        """Return how a trial ranked at its last rung, by what it had come to until then."""
        progress = self._progress[number]
        rung = self._rungs[progress.rungs - 1]
        rank, best = rung.rank(number, progress.at_rung), self._promoted(rung)
        reached = f"asha: {self._reached(progress)}"
        if len(self._goals) > 1:
            fewer = f"promoted once there are fewer than {best}" if best > 1 else "one is enough"
            return f"{reached}, dominated by {rank} of {len(rung)} at this rung; {fewer}"
        promoted = f"the best {best} are promoted" if best > 1 else "only the best is promoted"
        return f"{reached}, ranked {rank + 1} of {len(rung)} at this rung; {promoted}"

    def _reached(self, progress: _Progress) -> str:
        if math.isinf(progress.at_rung[0]):
            return f"every report until step {progress.step} violates a constraint"
        values = [
            _signed(cost, goal) for cost, goal in zip(progress.at_rung, self._goals, strict=True)
        ]
        if len(values) == 1:
            return self._goals[0].best_until(progress.step, values[0])
        shown = (
            f"{one.metric} {value:.4g}" for one, value in zip(self._goals, values, strict=True)
        )
        return f"{', '.join(shown)} at step {progress.step}"

    def promotable(self, paused: Collection[int]) -> int | None:
        """Return the paused trial that is among the best of the highest rung, or None.

        First comes one that has nothing left but to return: it was paused before that was known.
        """
        if not paused:
            return None
        ended = min((one for one in self._ends.at_end if one in paused), default=None)
        if ended is not None:
            return ended
        found = (rung.first(paused, self._promoted(rung)) for rung in reversed(self._rungs))
        return next((one for one in found if one is not None), None)

    def _note(self, number: int, measurement: Measurement) -> None:
        cost = tuple(_signed(measurement.metrics[one.metric], one) for one in self._goals)
        if has_excess(measurement, self._goals[0].constraints):
            cost = (math.inf,) * len(cost)  # behind all that violate no constraint
        progress = self._progress.setdefault(number, _Progress(cost))
        progress.cost = self._come_to(progress.cost, cost)
        progress.step = measurement.step
        self._leave(number, progress)
        self._ends.reach(number, measurement.step)
        resource = measurement.step if self._unit == "steps" else measurement.seconds
        while resource >= self._level(progress.rungs):
            self._leave(number, progress)
            progress.is_at_rung = True
            progress.at_rung = progress.cost
            if progress.rungs == len(self._rungs):
                self._rungs.append(SortedRung() if len(self._goals) == 1 else DominanceRung())
            self._rungs[progress.rungs].add(number, progress.cost)
            progress.rungs += 1

    def _leave(self, number: int, progress: _Progress) -> None:
        """Note that a trial goes on from the rung where it is, if it is at one."""
        if progress.is_at_rung:
            progress.is_at_rung = False
            self._rungs[progress.rungs - 1].leave(number, progress.at_rung)

    def _come_to(self, known: Cost, new: Cost) -> Cost:
        """Return the cost of a trial: of several objectives no single step is best."""
        if len(self._goals) == 1:
            return min(known, new)
        return known if math.isinf(new[0]) else new

    def _is_early(self, level: float, length: int) -> bool:
        """Return whether a level is left out: the next one is early enough."""
        return level * self._factor <= length * self._first_share

    def _level(self, rung: int) -> float:
        return float(self._min_resource * self._factor**rung)

    def _promoted(self, rung: Rung) -> int:
        """Return how many are promoted: at least one, so that a trial completes soon."""
        return max(1, len(rung) // self._factor)


def _signed(value: float, goal: Goal) -> float:
    return -value if goal.direction == "maximize" else value


@dataclass(frozen=True)
class Asha:
    """The kind; see `PrunerKind`. Optuna's own successive halving can only stop."""

    name: PrunerType = "asha"
    relaxed_by: str = "`pruner.min_resource`"
    section: ClassVar[Literal["pruner"]] = "pruner"

    def validate(self, experiment: Experiment) -> list[Fault]:
        """Return what is wrong with its options."""
        return faults_of(lambda: self.pausing(experiment))

    def describe(self, experiment: Experiment) -> str:
        """Return where its rungs are, for the plan."""
        return self.pausing(experiment).describe(planned_steps(experiment.params))

    def next_step(self, experiment: Experiment, reported: Collection[int]) -> float:
        """Return infinity: it only pauses."""
        return math.inf

    def build(self, experiment: Experiment) -> "BasePruner":
        """Return what stops nothing for good."""
        from optuna.pruners import NopPruner

        return NopPruner()

    def pausing(self, experiment: Experiment) -> Halving:
        """Return the rungs, empty; raises UserError as `validate` returns."""
        build = partial(Halving, experiment.goals)
        rules = OptionRules(self.section, self.name, LIMITS)
        return rules.make(build, experiment.pruner.options, {"first_share": 0.0})


PRUNER: PrunerKind = Asha()
