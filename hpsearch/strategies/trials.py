"""Reads the trials of a journal, without writing; those of another experiment are refused."""

from collections.abc import Sequence

from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.common.errors import UserError
from hpsearch.common.garbage import uncollected
from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies import faults
from hpsearch.strategies.amended import OUTSIDE
from hpsearch.strategies.attributes import ATTRIBUTE
from hpsearch.strategies.compatibility import why_incompatible
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.params import is_complete
from hpsearch.strategies.records import fill_rungs, to_record, with_pauses
from hpsearch.strategies.replay import replay_faults

MAX_NAMED = 5
"""At most so many trials of another experiment are named."""


def read_study(store: StudyStore, experiment: Experiment) -> list[TrialRecord]:
    """Return the trials of a study without writing anything; a driver may be writing it."""
    with uncollected():
        trials, records = _read(store, experiment)
        return with_pauses(records, fill_rungs(experiment, trials))


def read_trials(store: StudyStore, experiment: Experiment) -> list[FrozenTrial]:
    """Return Optuna's trials of the experiment; raise UserError if they are of another one."""
    with uncollected():
        return _read(store, experiment)[0]


def _read(store: StudyStore, experiment: Experiment) -> tuple[list[FrozenTrial], list[TrialRecord]]:
    with replay_faults(store):
        storage = JournalStorage(Journal(store, writable=False, experiment=experiment))
        try:
            study_id = storage.get_study_id_from_name(experiment.name)
        except KeyError:
            return [], []
        trials = storage.get_all_trials(study_id, deepcopy=False)
    records = [_record_or_why(frozen, experiment) for frozen in trials]
    problems = [why for why in records if isinstance(why, str)]
    if problems:
        raise UserError(faults.trials_incompatible(store.address, problems[:MAX_NAMED]))
    return trials, [record for record in records if not isinstance(record, str)]


def _record_or_why(frozen: FrozenTrial, experiment: Experiment) -> TrialRecord | str:
    """Return a trial as a record, or why it is none of the experiment."""
    try:
        why = why_incompatible(frozen, experiment)
        if why is None:
            return to_record(frozen, experiment)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        why = f"its attributes are not ours: {' '.join(str(error).split())}"
    return f"trial {frozen.number}: {why}"


def refuse_incomplete(
    store: StudyStore, trials: Sequence[FrozenTrial], experiment: Experiment
) -> None:
    """Raise UserError if other programs ran trials without all hyperparameters."""
    problems = [
        f"trial {frozen.number}: it has only {sorted(frozen.params)} of the space"
        for frozen in trials
        if frozen.state in (OptunaState.COMPLETE, OptunaState.PRUNED)
        and not {ATTRIBUTE, OUTSIDE} & frozen.user_attrs.keys()
        and not is_complete(experiment, frozen.params)
    ]
    if problems:
        raise UserError(faults.trials_incompatible(store.address, problems[:MAX_NAMED]))
