"""`hpsearch run`: its parts in the order of need, then the search, then the best model."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.budget import why_nothing_is_left
from hpsearch.checkpoint import CheckpointStore
from hpsearch.compose.interrupts import interruptible
from hpsearch.compose.looking import StudyView
from hpsearch.compose.models import served_model
from hpsearch.compose.validating import validate
from hpsearch.errors import UserError
from hpsearch.experiment import Experiment
from hpsearch.paths import StudyPaths, study_paths
from hpsearch.ports import Display
from hpsearch.search import Search
from hpsearch.signature import compare
from hpsearch.study_folder import (
    Identity,
    begin_anew,
    driver_lock,
    find_changes,
    forget,
    set_aside,
    settle,
)
from hpsearch.trial import TrialRecord, best_record
from hpsearch.versions import describe_code

if TYPE_CHECKING:
    from hpsearch.mlflow_recorder import MlflowRecorder
    from hpsearch.optuna_study import OptunaStudy
    from hpsearch.workers.local_pool import LocalPool
    from hpsearch.workers.ray_pool import RayPool

FLUSH_SECONDS = 60.0
"""How long the end of a search waits for MLflow to catch up."""

FAILED_FLUSH_SECONDS = 10.0
"""The same where the search failed; the next `run` writes what is missing then."""


@dataclass(frozen=True)
class Result:
    """What a search came to. `model` is the registered name and version, where there is one."""

    paths: StudyPaths
    experiment: Experiment
    records: Sequence[TrialRecord]
    best: TrialRecord | None
    ended: str
    interrupted: bool
    seconds: float
    tracking: str
    model: str | None
    unrecorded: Sequence[int]


def run(
    path: Path,
    display: Display,
    *,
    overrides: tuple[str, ...] = (),
    studies: Path,
    local: bool = False,
    fresh: bool = False,
    register: bool = True,
    verbose: bool = False,
) -> Result:
    """Search, or go on; raises UserError before anything starts, SearchFailed after."""
    experiment, _ = validate(path, overrides)
    paths = study_paths(studies, experiment.name)
    if fresh and paths.root.exists():
        with driver_lock(paths):
            set_aside(paths)
    with ExitStack() as stack:
        stack.enter_context(driver_lock(paths))
        stack.callback(forget, paths)  # a folder in which no search began
        _begin_anew_where_nothing_is_lost(paths, experiment)
        identity = settle(paths, experiment, path)
        parts = _Parts(paths, experiment, identity, display, stack)
        return parts.search(local=local, register=register, verbose=verbose)


def _begin_anew_where_nothing_is_lost(paths: StudyPaths, experiment: Experiment) -> None:
    """Drop a study without a finished trial whose experiment was mended since."""
    if not paths.journal.exists() or not find_changes(paths, experiment):
        return
    from hpsearch.optuna_study import read_study

    if not any(record.state.is_finished for record in read_study(paths, experiment)):
        begin_anew(paths)


@dataclass(frozen=True)
class _Parts:
    """What one run is built from; `stack` closes what was opened, whatever happens."""

    paths: StudyPaths
    experiment: Experiment
    identity: Identity
    display: Display
    stack: ExitStack

    def search(self, *, local: bool, register: bool, verbose: bool) -> Result:
        """Search until the budget is spent, publish the best model, and say what came of it."""
        executor = self.stack.enter_context(ThreadPoolExecutor(1, "mlflow"))
        recorder_soon = executor.submit(self._open_recorder, verbose)
        over = self._why_nothing_is_left()
        pool = None if over else self._open_pool(local=local, verbose=verbose)
        recorder = self._when_open(recorder_soon)
        study = self._open_study()
        recorder.sync(study.records())
        interrupted, seconds = False, 0.0
        if pool is not None:
            over, interrupted, seconds = self._run(study, pool, recorder)
            pool.close()
        records = study.records()
        seconds = seconds or _searched_seconds(records)
        best = best_record(records, self.experiment.goals)
        model = None
        if best is not None and register and not interrupted:
            model = self._publish(recorder, best)
        self.display.phase("waiting for MLflow to have everything")
        unrecorded = recorder.close(FLUSH_SECONDS, "KILLED" if interrupted else "FINISHED")
        return Result(
            paths=self.paths,
            experiment=self.experiment,
            records=records,
            best=best,
            ended=over or "",
            interrupted=interrupted,
            seconds=seconds,
            tracking=recorder.address,
            model=model,
            unrecorded=unrecorded,
        )

    def _run(
        self, study: "OptunaStudy", pool: "LocalPool | RayPool", recorder: "MlflowRecorder"
    ) -> tuple[str, bool, float]:
        search = Search(
            self.experiment,
            study=study,
            pool=pool,
            checkpoints=CheckpointStore(self.paths),
            listeners=[recorder, self.display],
        )
        records = study.records()
        self.display.begin(self.experiment, records, pool.slots, _searched_seconds(records))
        try:
            with interruptible(search, self.display):
                ended = search.run()
        finally:
            self.display.end()
        return ended, search.interrupted, search.seconds

    def _why_nothing_is_left(self) -> str | None:
        if not self.paths.journal.exists():
            return None
        from hpsearch.optuna_study import read_study

        return why_nothing_is_left(self.experiment, read_study(self.paths, self.experiment))

    def _open_pool(self, *, local: bool, verbose: bool) -> "LocalPool | RayPool":
        """Return a pool whose workers have the trainable, and that takes what it is given."""
        pool = self._local_pool() if local else self._ray_pool(verbose=verbose)
        self.stack.callback(pool.close)
        self.display.phase(f"loading {self.experiment.trainable} (workers: {pool.slots})")
        found = compare(self.experiment, pool.load())
        if found:
            raise UserError(*found)
        return pool

    def _local_pool(self) -> "LocalPool":
        from hpsearch.workers.local_pool import LocalPool

        return LocalPool.of(self.experiment, self.identity.folder)

    def _ray_pool(self, *, verbose: bool) -> "RayPool":
        self.display.phase("starting Ray")
        from hpsearch.workers.ray_pool import RayPool

        return RayPool.of(self.experiment, self.identity.folder, verbose=verbose)

    def _open_study(self) -> "OptunaStudy":
        from hpsearch.optuna_study import OptunaStudy

        study = OptunaStudy(self.paths, self.experiment)
        self.stack.callback(study.close)
        return study

    def _open_recorder(self, verbose: bool) -> "MlflowRecorder":
        from hpsearch.mlflow_recorder import MlflowRecorder, StudyCard

        tracking = self.experiment.tracking
        card = StudyCard(
            id=self.identity.id,
            name=self.experiment.name,
            experiment=tracking.experiment or self.experiment.name,
            goals=self.experiment.goals,
            resolved_yaml=self.paths.experiment.read_text(),
            tags=describe_code(self.experiment.trainable, self.identity.folder),
        )
        recorder = MlflowRecorder(
            tracking.uri,
            card,
            self.paths.artifacts,
            notify=self.display.notice,
            verbose=verbose,
        )
        recorder.open()
        return recorder

    def _when_open(self, soon: "Future[MlflowRecorder]") -> "MlflowRecorder":
        if not soon.done():
            self.display.phase("opening MLflow's store")
        recorder = soon.result()
        self.stack.callback(recorder.close, FAILED_FLUSH_SECONDS, "FAILED")  # closed twice: nothing
        return recorder

    def _publish(self, recorder: "MlflowRecorder", best: TrialRecord) -> str | None:
        """Register the best trial's model; None where the trainable gives none to build."""
        name = self.experiment.tracking.registered_model or self.experiment.name
        view = StudyView(self.paths, self.experiment, self.identity, (), best, running=True)
        served = served_model(view, best)
        if served is None:
            return None
        self.display.phase(f"registering the model of trial {best.number} as {name}")
        version = recorder.publish(best, served, name)
        return f"{name} version {version}"


def _searched_seconds(records: Sequence[TrialRecord]) -> float:
    """Return how long the study was searched until its last trial finished."""
    return max((record.search_seconds for record in records), default=0.0)
