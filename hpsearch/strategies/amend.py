"""Ends a study's experiment, so that another can take its place; see `amended.py`."""

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.storages import JournalStorage
from optuna.trial import TrialState as OptunaState

from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.amended import (
    amendment_data,
    amendment_log,
    count_amendments,
    outside_of,
    translated,
)
from hpsearch.strategies.attributes import ATTRIBUTE
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.journal_format import Log
from hpsearch.strategies.records import fill_rungs, to_records
from hpsearch.strategies.repair import InMemory
from hpsearch.strategies.storage import TrialStorage


def preview_amendment(
    store: StudyStore, before: Experiment, after: Experiment, defaults: Mapping[str, Any]
) -> list[TrialRecord]:
    """Return the trials of a study as they would be after an amendment."""
    logs = _logs(store)
    ended = [*logs, _ending(logs, before, defaults)]
    storage = JournalStorage(InMemory(translated(ended, after)))
    study_id = storage.get_study_id_from_name(after.name)
    trials = storage.get_all_trials(study_id, deepcopy=False)
    return to_records(trials, after, fill_rungs(after, trials))


def end_experiment(store: StudyStore, before: Experiment, defaults: Mapping[str, Any]) -> None:
    """Write durably that the experiment ends here; the caller holds the lease.

    As long as no other is written in its place, this changes nothing: a trial of an experiment is
    always one of the same experiment.
    """
    ending = _ending(_logs(store), before, defaults)
    journal = Journal(store, writable=True)
    try:
        journal.append_logs([ending])
        journal.flush()
    finally:
        journal.close()


def end_outside(storage: TrialStorage) -> None:
    """End unfinished trials that are none of the experiment: they are never resumed."""
    for frozen in storage.trials():
        why = outside_of(frozen).get("why")
        if why and not frozen.state.is_finished():
            trial_id = storage.trial_id(frozen.number)
            known = frozen.user_attrs.get(ATTRIBUTE, {})
            reason = {"reason": f"the study was amended: {why}"}
            storage.set_trial_user_attr(trial_id, ATTRIBUTE, {**known, **reason})
            storage.set_trial_state_values(trial_id, OptunaState.PRUNED)


def _logs(store: StudyStore) -> list[Log]:
    return list(Journal(store, writable=False).read_logs(0))


def _ending(logs: Sequence[Log], before: Experiment, defaults: Mapping[str, Any]) -> Log:
    storage = JournalStorage(InMemory(list(logs)))
    study_id = storage.get_study_id_from_name(before.name)
    return amendment_log(study_id, count_amendments(logs) + 1, amendment_data(before, defaults))
