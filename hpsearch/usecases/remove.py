"""`hpsearch rm`: what would go with a study, and its removal."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.common import faults
from hpsearch.common.errors import Fault, HpsearchError, UserError
from hpsearch.common.redaction import problem
from hpsearch.common.trial import TrialRecord
from hpsearch.experiment.schema import read_experiment
from hpsearch.store.folder.paths import StudyPaths, list_studies, study_paths
from hpsearch.store.folder.study_folder import driver_lock, read_identity, remove
from hpsearch.usecases.driver import read_records
from hpsearch.usecases.view import tracking_experiment

if TYPE_CHECKING:
    from hpsearch.tracking.trash import StudyRuns


@dataclass(frozen=True)
class Removal:
    """A study that is held to be removed, and what would go with it; `size` in bytes.

    `records` is None where the journal cannot be read, `trainings` where there is no confirmation,
    and `runs` where they stay as they are.
    """

    paths: StudyPaths
    size: int
    records: Sequence[TrialRecord] | None
    trainings: int | None
    exports: Sequence[str]
    runs: "StudyRuns | None"

    def carry_out(self) -> None:
        """Remove the study; raises HpsearchError where that fails, and may then be repeated."""
        # MLflow first: its runs are found by the id in the folder. Killed in between, the study is
        # still listed, and the next `rm` finds the runs that are left; the other way round they
        # would stay in MLflow with nobody to know of them.
        if self.runs is not None:
            try:
                self.runs.put_away()
            except Exception as error:
                fault = faults.runs_unreachable(self.paths.name, problem(error))
                raise HpsearchError(fault) from None
        try:
            remove(self.paths)
        except OSError as error:
            raise HpsearchError(faults.removal_unfinished(self.paths.name, str(error))) from None


@contextmanager
def removing(studies: Path, names: Sequence[str], *, keep_runs: bool) -> Iterator[list[Removal]]:
    """Hold these studies and yield what would go with each; nothing is removed by that.

    No driver can begin on them meanwhile, so what is said is what goes. Raises UserError with the
    faults of all of them.
    """
    with ExitStack() as stack:
        removals: list[Removal] = []
        refused: list[Fault] = []
        for name in dict.fromkeys(names):
            try:
                removals.append(_hold(stack, _find(studies, name), keep_runs=keep_runs))
            except UserError as error:
                refused.extend(error.faults)
        if refused:
            raise UserError(*refused)
        yield removals


def _find(studies: Path, name: str) -> StudyPaths:
    """Return a study of that name, or what a killed `rm` left of one."""
    known = [paths.name for paths in list_studies(studies)]
    try:
        paths = study_paths(studies, name)
    except ValueError:
        raise UserError(faults.study_missing(name, studies, known)) from None
    if paths.root.is_symlink():
        raise UserError(faults.study_is_link(paths.root, paths.root.resolve()))
    if name in known or (paths.removed.exists() and not paths.root.exists()):
        return paths
    if paths.root.exists():
        raise UserError(faults.folder_without_study(paths.root))
    raise UserError(faults.study_missing(name, studies, known))


def _hold(stack: ExitStack, paths: StudyPaths, *, keep_runs: bool) -> Removal:
    if not paths.root.exists():  # its runs went before its folder
        return Removal(paths, _size(paths.removed), None, None, (), None)
    stack.enter_context(driver_lock(paths))
    trainings = [len(_records(one) or ()) for one in paths.confirmations]
    return Removal(
        paths=paths,
        size=_size(paths.root),
        records=_records(paths),
        trainings=sum(trainings) if trainings else None,
        exports=sorted(folder.name for folder in paths.exports.glob("*")),
        runs=None if keep_runs else _runs(paths),
    )


def _runs(paths: StudyPaths) -> "StudyRuns":
    """Return the study's runs in MLflow; raises UserError where nobody can tell."""
    from hpsearch.tracking.trash import find_runs

    try:
        experiment = read_experiment(paths.experiment)
        ids = [read_identity(one).id for one in (paths, *paths.confirmations)]
        return find_runs(experiment.tracking.uri, tracking_experiment(experiment), ids)
    except HpsearchError as error:
        why = "\n".join(f"{fault.what} {fault.why}" for fault in error.faults)
        raise UserError(faults.runs_unreachable(paths.name, why)) from None
    except Exception as error:
        raise UserError(faults.runs_unreachable(paths.name, problem(error))) from None


def _records(paths: StudyPaths) -> Sequence[TrialRecord] | None:
    """Return the trials, None where they cannot be read: who removes a study need not repair it."""
    try:
        return read_records(paths, read_experiment(paths.experiment))
    except HpsearchError:
        return None


def _size(folder: Path) -> int:
    """Return the bytes of the files in a folder; links are not followed."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir())
