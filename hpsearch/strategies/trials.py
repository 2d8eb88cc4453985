"""Reads the trials of a journal, without writing; those of another experiment are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
from hpsearch.strategies.params import is_complete
from hpsearch.strategies.records import fill_rungs, to_record, with_pauses
from hpsearch.strategies.storage import TrialStorage, read_storage

MAX_NAMED = 5
"""At most so many trials of another experiment are named."""


@dataclass(frozen=True)
class Reading:
    """A study as its journal had it when it was read; an `OptunaStudy` writes on from there."""

    storage: TrialStorage
    trials: Sequence[FrozenTrial]
    records: Sequence[TrialRecord]
    """Those trials; that one waits for promotion is not known yet."""

    @classmethod
    def of(cls, store: StudyStore, experiment: Experiment) -> "Reading":
        """Read a study without writing anything; a driver may be writing it.

        Raises UserError if a line is unreadable, or its trials are of another experiment.
        """
        with uncollected():
            storage = read_storage(store, experiment)
            trials = storage.trials() if storage.has_study else []
            return cls(storage, trials, _records(store, trials, experiment))

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What is noted of the study as a whole, by hpsearch and by other programs."""
        return self.storage.attributes

    def with_pauses(self, experiment: Experiment) -> list[TrialRecord]:
        """Return the trials; an unfinished one that waits for promotion is PAUSED."""
        with uncollected():
            return with_pauses(list(self.records), fill_rungs(experiment, self.trials))


def read_study(store: StudyStore, experiment: Experiment) -> list[TrialRecord]:
    """Return the trials of a study without writing anything; a driver may be writing it."""
    return Reading.of(store, experiment).with_pauses(experiment)


def read_trials(store: StudyStore, experiment: Experiment) -> Sequence[FrozenTrial]:
    """Return Optuna's trials of the experiment; raise UserError if they are of another one."""
    return Reading.of(store, experiment).trials


def _records(
    store: StudyStore, trials: Sequence[FrozenTrial], experiment: Experiment
) -> list[TrialRecord]:
    """Return trials as records; raises UserError if they are of another experiment."""
    found = [(frozen.number, _record_or_why(frozen, experiment)) for frozen in trials]
    problems = [f"trial {number}: {why}" for number, why in found if isinstance(why, str)]
    if problems:
        raise UserError(faults.trials_incompatible(store.address, problems[:MAX_NAMED]))
    return [record for _, record in found if not isinstance(record, str)]


def _record_or_why(frozen: FrozenTrial, experiment: Experiment) -> TrialRecord | str:
    """Return a trial as a record, or why it is none of the experiment."""
    try:
        return why_incompatible(frozen, experiment) or to_record(frozen, experiment)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        return f"its attributes are not ours: {' '.join(str(error).split())}"


def why_refused(frozen: FrozenTrial, experiment: Experiment) -> str | None:
    """Return why a study that has this trial cannot be opened, None if it can.

    What writes a trial of another program asks this before.
    """
    found = _record_or_why(frozen, experiment)
    return found if isinstance(found, str) else _why_incomplete(frozen, experiment)


def refuse_incomplete(
    store: StudyStore, trials: Sequence[FrozenTrial], experiment: Experiment
) -> None:
    """Raise UserError if other programs ran trials without all hyperparameters."""
    found = [(frozen.number, _why_incomplete(frozen, experiment)) for frozen in trials]
    problems = [f"trial {number}: {why}" for number, why in found if why is not None]
    if problems:
        raise UserError(faults.trials_incompatible(store.address, problems[:MAX_NAMED]))


def _why_incomplete(frozen: FrozenTrial, experiment: Experiment) -> str | None:
    is_over = frozen.state in (OptunaState.COMPLETE, OptunaState.PRUNED)
    if not is_over or {ATTRIBUTE, OUTSIDE} & frozen.user_attrs.keys():
        return None
    is_whole = is_complete(experiment, frozen.params)
    return None if is_whole else f"it has only {sorted(frozen.params)} of the space"
