"""What a search has spent, and whether its budget is over. Totals, over every run of the study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpsearch.analysis import Meter
from hpsearch.common.goal import Goal, best_record, has_values
from hpsearch.common.text import count
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine.failures import Failures
from hpsearch.engine.reasons import UNCONSTRAINED

if TYPE_CHECKING:
    from hpsearch.experiment import Budget, Experiment


SAME_FAILURES = 3
"""The search ends if its first trials, so many, fail in the same way, none with the objective."""


@dataclass
class Spent:
    """Counts over all finished trials of a study.

    `measured`: some trial had the objective. `end` is the lowest step at which one ended.
    """

    goals: Sequence[Goal]
    finished: int = 0
    since_best: int = 0
    best: TrialRecord | None = None
    earlier_seconds: float = 0.0
    measured: bool = False
    end: int | None = None
    failures: Failures = field(default_factory=Failures)

    def __post_init__(self) -> None:
        self.meter = Meter(self.goals)

    def count(self, record: TrialRecord) -> None:
        """Count a trial that ended in this run."""
        self.failures.count(record)
        self._count(record)

    def count_earlier(self, record: TrialRecord) -> None:
        """Count a trial that ended in an earlier run."""
        self.failures.count_earlier(record)
        self.searched(record.search_seconds)
        self._count(record)

    def searched(self, seconds: float) -> None:
        """Note that earlier runs searched for at least so many seconds."""
        self.earlier_seconds = max(self.earlier_seconds, seconds)

    def all_failed_alike(self, trials: int) -> int:
        """Return how many trials of this run ended, if all failed in one way, unmeasured.

        0 if they did not, or are not yet enough to tell; `trials` is the budget.
        """
        count = min(SAME_FAILURES, trials)
        return count if not self.has_measured and self.failures.are_alike(count) else 0

    @property
    def has_measured(self) -> bool:
        """Whether some trial had the objective, and the last failure is not a constraint's."""
        return self.measured and UNCONSTRAINED not in self.failures.last

    def _count(self, record: TrialRecord) -> None:
        self.finished += 1
        self.meter.count(record)
        self.measured = self.measured or any(has_values(m, self.goals) for m in record.measurements)
        step = record.last_step
        if record.state is TrialState.COMPLETE and step is not None:
            self.end = step if self.end is None else min(step, self.end)
        candidates = [one for one in (self.best, record) if one is not None]
        best = best_record(candidates, self.goals)
        self.since_best = 0 if best is not self.best else self.since_best + 1
        self.best = best


def why_over(budget: Budget, spent: Spent, seconds: float) -> str | None:
    """Return why running trials should end, or None; that all were begun is no reason for that."""
    if spent.failures.too_many(budget):
        return "too many trials failed"
    if budget.minutes is not None and seconds >= budget.minutes * 60:
        return f"its budget of {count(budget.minutes, 'minute')} is spent"
    if budget.target is not None and spent.best is not None:
        goal, value = spent.goals[0], spent.best.values[0]
        if not goal.is_better(budget.target, value):
            return f"trial {spent.best.number} reached the target {budget.target:g}"
    if budget.patience_trials is not None and spent.since_best >= budget.patience_trials:
        return f"{count(spent.since_best, 'trial')} in a row brought nothing better"
    return why_unlikely(budget, spent.meter, seconds)


def why_unlikely(budget: Budget, meter: Meter, seconds: float) -> str | None:
    """Return why more searching is not worth its time, as the budget has it, or None."""
    least = budget.stop_when_unlikely
    prospect = meter.prospect(seconds) if least is not None else None
    if least is None or prospect is None or prospect.chance > least:
        return None
    return f"{prospect.words}, and `stop_when_unlikely` is {least:g}"


def all_have_run(trials: int) -> str:
    """Say that a budget of trials is spent."""
    return "the only trial has run" if trials == 1 else f"all {trials} trials have run"


def has_failed(experiment: Experiment, records: Sequence[TrialRecord]) -> bool:
    """Return whether a search ended by its failures: all trials failed, or too many of them."""
    ended = [record for record in records if record.state.is_finished]
    if len(ended) < len(records):
        return _ended_at_once(experiment, ended)
    failures = Failures()
    for record in records:
        failures.count_earlier(record)
    every = failures.total == len(records)
    return bool(records) and (every or failures.too_many(experiment.budget) is not None)


def _ended_at_once(experiment: Experiment, ended: Sequence[TrialRecord]) -> bool:
    """Return whether a search ended since its first trials failed alike: others can be resumed."""
    if len(ended) > SAME_FAILURES:  # it ended before: others need not be looked at
        return False
    spent = Spent(experiment.goals)
    for record in ended:
        spent.count(record)
    return spent.all_failed_alike(experiment.budget.trials) > 0


def why_nothing_is_left(experiment: Experiment, records: Sequence[TrialRecord]) -> str | None:
    """Return why a study is finished, or None if a `run` still has something to do."""
    if not all(record.state.is_finished for record in records):
        return None
    spent = Spent(experiment.goals)
    for record in records:
        spent.count_earlier(record)
    seconds = max((record.search_seconds for record in records), default=0.0)
    if len(records) >= experiment.budget.trials:
        return all_have_run(len(records))
    if spent.failures.too_many(experiment.budget):
        return None
    return why_over(experiment.budget, spent, seconds)
