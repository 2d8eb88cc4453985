"""What is in a study's journal, and its repair before a driver writes to it."""

from collections.abc import Sequence

from hpsearch.common.trial import TrialRecord
from hpsearch.engine import Display
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.store.documents import IDENTITY
from hpsearch.usecases.identity import read_recorded


def read_records(store: StudyStore, experiment: Experiment) -> Sequence[TrialRecord]:
    """Return the trials of a study, none if it was not begun."""
    if not store.exists():
        return ()
    from hpsearch.strategies import read_study

    return read_study(store, experiment)


def repair(store: StudyStore, experiment: Experiment, display: Display) -> None:
    """Repair a damaged journal, and say so; the caller holds the lease."""
    if store.exists():
        from hpsearch.strategies import repair_study

        told = repair_study(store, experiment)
        if told is not None:
            display.notice(told)


def has_finished(store: StudyStore, experiment: Experiment) -> bool:
    """Return whether a trial of the study is finished, also if it was begun with another one."""
    known = read_recorded(store) if store.has(IDENTITY) else experiment
    return any(record.state.is_finished for record in read_records(store, known))
