"""A study as an object of Optuna's own, in memory: for its plots, terminators and importances."""

import optuna
from optuna.trial import FrozenTrial, create_trial

from hpsearch.common.goal import has_value
from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.quiet import quiet
from hpsearch.strategies.records import to_record
from hpsearch.strategies.trials import read_trials


def optuna_copy(store: StudyStore, experiment: Experiment) -> optuna.Study:
    """Return a copy of the study, which no longer changes with it.

    Trials have the same numbers. A paused or waiting one is running, as Optuna has no such states.
    """
    with quiet():
        study = optuna.create_study(
            study_name=experiment.name, directions=[goal.direction for goal in experiment.goals]
        )
        study.set_metric_names([goal.metric for goal in experiment.goals])
        for frozen in read_trials(store, experiment):
            study.add_trial(_copy(frozen, to_record(frozen, experiment), experiment))
    return study


def _copy(frozen: FrozenTrial, record: TrialRecord, experiment: Experiment) -> FrozenTrial:
    """Return a trial with every report, and with texts from which secrets are removed."""
    copy = create_trial(
        state=frozen.state,
        values=frozen.values,
        params=frozen.params,
        distributions=frozen.distributions,
        user_attrs=_attributes(record),
        system_attrs=frozen.system_attrs,
        intermediate_values=_reports(record, experiment),
    )
    copy.datetime_start, copy.datetime_complete = frozen.datetime_start, frozen.datetime_complete
    return copy


def _reports(record: TrialRecord, experiment: Experiment) -> dict[int, float]:
    """Return the curve; with several objectives Optuna has none."""
    goal, *others = experiment.goals
    reports = (m for m in record.measurements if m.source == "reported" and has_value(m, goal))
    return {} if others else {m.step: float(m.metrics[goal.metric]) for m in reports}


def _attributes(record: TrialRecord) -> dict[str, object]:
    return {
        "seed": record.seed,
        "attempt": record.attempt,
        "best_step": record.best_step,
        "seconds": record.seconds,
        "reason": record.reason,
    }
