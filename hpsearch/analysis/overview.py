"""A study's trials taken together: how many there are, why they ended, when."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hpsearch.common.text import kind_of
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.experiment import Experiment


@dataclass(frozen=True)
class Importance:
    """How much each hyperparameter mattered, as shares of 1, the most important first.

    `explanation` says how it was computed, or why it is unknown.
    """

    shares: Mapping[str, float]
    explanation: str


def states(records: Iterable[TrialRecord]) -> dict[str, int]:
    """Return how many trials are in each state; those that are not over are `unfinished`."""
    counts = Counter(record.state for record in records)
    over = [state for state in TrialState if state.is_finished]
    unfinished = sum(counts[state] for state in TrialState if not state.is_finished)
    return {**{str(state): counts[state] for state in over}, "unfinished": unfinished}


def reasons(records: Iterable[TrialRecord]) -> dict[tuple[TrialState, str], list[int]]:
    """Return the trials by state and kind of reason, the most frequent first."""
    found: dict[tuple[TrialState, str], list[int]] = {}
    for record in records:
        if record.reason:
            found.setdefault((record.state, kind_of(record.reason)), []).append(record.number)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def why_none_stopped(records: Iterable[TrialRecord], experiment: Experiment) -> str:
    """Say that a pruner had nothing to go by, as no complete trial reported; else nothing."""
    complete = [record for record in records if record.state is TrialState.COMPLETE]
    is_pruning = experiment.pruner.type != "none" and len(experiment.goals) == 1
    if not complete or not is_pruning or any(one.last_step is not None for one in complete):
        return ""
    return "the trials returned their result and reported nothing before, so none was stopped early"


def last_activity(records: Iterable[TrialRecord]) -> datetime | None:
    """Return when a trial last started or ended."""
    begun = (record for record in records if record.state is not TrialState.WAITING)
    return max((record.finished or record.started for record in begun), default=None)


def shown_names(experiment: Experiment) -> list[str]:
    """Return the names of the hyperparameters in which trials differ: searched, then derived."""
    return [*experiment.space.written, *experiment.formulas]


def searched(record: TrialRecord, experiment: Experiment) -> dict[str, Any]:
    """Return a trial's searched and derived hyperparameters as people see them, lists in one."""
    values = experiment.space.with_lists(record.shown_params)
    return {name: values[name] for name in shown_names(experiment) if name in values}
