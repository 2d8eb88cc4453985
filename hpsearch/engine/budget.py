"""What a search has spent, and whether its budget is over. Totals, over every run of the study."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hpsearch.common.text import count
from hpsearch.common.trial import Goal, TrialRecord, TrialState, best_record
from hpsearch.experiment.schema import Budget, Experiment


@dataclass
class Spent:
    """Counts over all finished trials of a study."""

    goals: Sequence[Goal]
    finished: int = 0
    failed: int = 0
    since_best: int = 0
    best: TrialRecord | None = None
    earlier_seconds: float = 0.0
    last_failure: str = ""
    measured: bool = False
    failures: set[str] = field(default_factory=set)

    def count(self, record: TrialRecord) -> None:
        """Count a finished trial."""
        self.finished += 1
        self.measured = self.measured or bool(record.measurements)
        if record.state is TrialState.FAILED:
            self.failed += 1
            self.last_failure = record.reason
            self.failures.add(record.reason)
        candidates = [one for one in (self.best, record) if one is not None]
        best = best_record(candidates, self.goals)
        self.since_best = 0 if best is not self.best else self.since_best + 1
        self.best = best

    def all_failed_alike(self, count: int) -> bool:
        """Return whether the first `count` trials, and no others, failed in one way, unmeasured."""
        alike = self.failed == self.finished == count and len(self.failures) == 1
        return alike and not self.measured


def why_over(budget: Budget, spent: Spent, seconds: float) -> str | None:
    """Return why no trial may go on, or None; that all trials were begun is not such a reason."""
    if spent.failed >= budget.failed_trials:
        return f"{count(spent.failed, 'trial')} failed"
    if budget.minutes is not None and seconds >= budget.minutes * 60:
        return f"its budget of {count(budget.minutes, 'minute')} is spent"
    if budget.target is not None and spent.best is not None:
        goal, value = spent.goals[0], spent.best.values[0]
        if not goal.better(budget.target, value):
            return f"trial {spent.best.number} reached the target {budget.target:g}"
    if budget.patience_trials is not None and spent.since_best >= budget.patience_trials:
        return f"{count(spent.since_best, 'trial')} in a row brought nothing better"
    return None


def all_have_run(trials: int) -> str:
    """Say that a budget of trials is spent."""
    return "the only trial has run" if trials == 1 else f"all {trials} trials have run"


def why_nothing_is_left(experiment: Experiment, records: Sequence[TrialRecord]) -> str | None:
    """Return why a study is finished, or None where a `run` still has something to do."""
    if not all(record.state.is_finished for record in records):
        return None
    spent = Spent(experiment.goals)
    for record in records:
        spent.count(record)
    seconds = max((record.search_seconds for record in records), default=0.0)
    if len(records) >= experiment.budget.trials:
        return all_have_run(len(records))
    if spent.failed >= experiment.budget.failed_trials:
        return None
    return why_over(experiment.budget, spent, seconds)
