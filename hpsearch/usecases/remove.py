"""`hpsearch rm`: what would go with a study, and its removal."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpsearch.common.errors import Fault, HpsearchError, UserError
from hpsearch.common.redaction import problem
from hpsearch.common.trial import TrialRecord
from hpsearch.store import Store, Studies, StudyStore, open_store, study_missing
from hpsearch.usecases import faults
from hpsearch.usecases.identity import read_identity, read_recorded
from hpsearch.usecases.journal import read_records
from hpsearch.usecases.view import tracking_experiment

if TYPE_CHECKING:
    from hpsearch.tracking import StudyRuns


@dataclass(frozen=True)
class Removal:
    """A study that is held to be removed, and what would go with it; `size` in bytes.

    `leftover` is where a killed removal left the rest. `records` is None if the journal cannot be
    read, `trainings` if there is no confirmation, and `runs` if they stay as they are.
    """

    store: StudyStore
    size: int
    leftover: str | None
    records: Sequence[TrialRecord] | None
    trainings: int | None
    exports: Sequence[str]
    runs: "StudyRuns | None"

    def carry_out(self) -> None:
        """Remove the study; raises HpsearchError if that fails; it can be repeated then."""
        # MLflow first: its runs are found by the id in the folder. Killed in between, the study is
        # still listed, and the next `rm` finds the runs that are left; the other way round they
        # would stay in MLflow with nobody to know of them.
        if self.runs is not None:
            try:
                self.runs.put_away()
            except Exception as error:
                fault = faults.runs_unreachable(self.store.name, problem(error))
                raise HpsearchError(fault) from None
        self.store.remove()


@contextmanager
def removing(studies: Studies, names: Sequence[str], *, keep_runs: bool) -> Iterator[list[Removal]]:
    """Hold these studies and yield what would go with each; nothing is removed by that.

    No driver can begin on them meanwhile, so what is said is what goes. Raises UserError with the
    faults of all of them.
    """
    store = open_store(studies)
    with ExitStack() as stack:
        removals: list[Removal] = []
        refused: list[Fault] = []
        for name in dict.fromkeys(names):
            try:
                removals.append(_hold(stack, _find(store, name), keep_runs=keep_runs))
            except UserError as error:
                refused.extend(error.faults)
        if refused:
            raise UserError(*refused)
        yield removals


def _find(store: Store, name: str) -> StudyStore:
    """Return a study of that name, or what a killed `rm` left of one."""
    study = store.study(name)
    study.check_removable()
    if not study.exists() and study.unfinished_removal() is None:
        raise UserError(study_missing(name, store.address, store.names()))
    return study


def _hold(stack: ExitStack, study: StudyStore, *, keep_runs: bool) -> Removal:
    if not study.exists():  # its runs went before its folder
        return Removal(study, study.size(), study.unfinished_removal(), None, None, (), None)
    stack.enter_context(study.lease())
    trainings = [len(_records(one) or ()) for one in study.confirmations()]
    return Removal(
        store=study,
        size=study.size(),
        leftover=None,
        records=_records(study),
        trainings=sum(trainings) if trainings else None,
        exports=study.exports(),
        runs=None if keep_runs else _runs(study),
    )


def _runs(study: StudyStore) -> "StudyRuns":
    """Return the study's runs in MLflow; raises UserError if they cannot be found."""
    from hpsearch.tracking import find_runs

    try:
        experiment = read_recorded(study)
        ids = [read_identity(one).id for one in (study, *study.confirmations())]
        return find_runs(experiment.tracking.uri, tracking_experiment(experiment), ids)
    except HpsearchError as error:
        why = "\n".join(fault.account for fault in error.faults)
        raise UserError(faults.runs_unreachable(study.name, why)) from None
    except Exception as error:
        raise UserError(faults.runs_unreachable(study.name, problem(error))) from None


def _records(study: StudyStore) -> Sequence[TrialRecord] | None:
    """Return the trials, None if they cannot be read: a removal needs no repair."""
    try:
        return read_records(study, read_recorded(study))
    except HpsearchError:
        return None
