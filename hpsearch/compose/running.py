"""`hpsearch run`: its parts in the order of need, then the search, then the best model."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.budget import why_nothing_is_left
from hpsearch.checkpoint import CheckpointStore
from hpsearch.compose.interrupts import Interrupts, interrupts
from hpsearch.compose.looking import StudyView
from hpsearch.compose.models import served_model
from hpsearch.compose.validating import validate
from hpsearch.errors import HpsearchError, UserError
from hpsearch.experiment import Experiment
from hpsearch.paths import StudyPaths, study_paths
from hpsearch.ports import Display
from hpsearch.redaction import redacted
from hpsearch.search import Search
from hpsearch.secrets import hide
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
from hpsearch.yaml_file import dump_yaml

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
        asked = stack.enter_context(interrupts(display))
        _mend(paths, experiment, display)
        _begin_anew_where_nothing_is_lost(paths, experiment)
        identity = settle(paths, experiment, path)
        parts = _Parts(paths, experiment, identity, display, asked, stack)
        return parts.search(local=local, register=register, verbose=verbose)


def _mend(paths: StudyPaths, experiment: Experiment, display: Display) -> None:
    """Mend the study's journal where it is damaged, and say so."""
    if paths.journal.exists():
        from hpsearch.optuna_study import mend_study

        told = mend_study(paths, experiment)
        if told is not None:
            display.notice(told)


def _begin_anew_where_nothing_is_lost(paths: StudyPaths, experiment: Experiment) -> None:
    """Drop a study without a finished trial whose experiment was mended since."""
    if not paths.journal.exists() or not find_changes(paths, experiment):
        return
    from hpsearch.optuna_study import read_study

    if not any(record.state.is_finished for record in read_study(paths, experiment)):
        begin_anew(paths)


@dataclass(frozen=True)
class _End:
    """How a search ended, and with which trials."""

    why: str
    interrupted: bool
    seconds: float
    records: Sequence[TrialRecord]


@dataclass(frozen=True)
class _Parts:
    """What one run is built from; `stack` closes what was opened, whatever happens."""

    paths: StudyPaths
    experiment: Experiment
    identity: Identity
    display: Display
    interrupts: Interrupts
    stack: ExitStack

    def search(self, *, local: bool, register: bool, verbose: bool) -> Result:
        """Search until the budget is spent, publish the best model, and say what came of it."""
        executor = self.stack.enter_context(ThreadPoolExecutor(1, "mlflow"))
        recorder_soon = executor.submit(self._open_recorder, verbose)
        records = self._read_records()
        over = why_nothing_is_left(self.experiment, records)
        if over is None:
            pool = self._open_pool(local=local, verbose=verbose)
            self.interrupts.check()
            recorder = self._when_open(recorder_soon)
            end = self._run(pool, recorder)
        else:
            recorder = self._when_open(recorder_soon)
            recorder.sync(records)
            end = _End(over, False, _searched_seconds(records), records)
        return self._result(recorder, end, register=register)

    def _run(self, pool: "LocalPool | RayPool", recorder: "MlflowRecorder") -> "_End":
        study = self._open_study()
        search = Search(
            self.experiment,
            study=study,
            pool=pool,
            checkpoints=CheckpointStore(self.paths),
            listeners=[recorder, self.display],
            notify=self.display.notice,
        )
        records = study.records()
        recorder.sync(records)
        self.display.begin(self.experiment, records, pool.slots, _searched_seconds(records))
        try:
            self.interrupts.watch(search)
            ended = search.run()
        finally:
            self.display.end()
        pool.close()
        return _End(ended, search.interrupted, search.seconds, study.records())

    def _result(self, recorder: "MlflowRecorder", end: "_End", *, register: bool) -> Result:
        """Publish the best model, unless somebody waits for the end, and let MLflow catch up."""
        best = best_record(end.records, self.experiment.goals)
        model = None
        if best is not None and register and not end.interrupted:
            model = self._try_to_publish(recorder, best)
        self.display.phase("waiting for MLflow to have everything")
        unrecorded = recorder.close(FLUSH_SECONDS, "KILLED" if end.interrupted else "FINISHED")
        return Result(
            paths=self.paths,
            experiment=self.experiment,
            records=end.records,
            best=best,
            ended=end.why,
            interrupted=end.interrupted,
            seconds=end.seconds,
            tracking=recorder.address,
            model=model,
            unrecorded=unrecorded,
        )

    def _read_records(self) -> Sequence[TrialRecord]:
        if not self.paths.journal.exists():
            return ()
        from hpsearch.optuna_study import read_study

        return read_study(self.paths, self.experiment)

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
        from hpsearch.workers.ray_environment import prepare

        prepare()  # before Ray is imported, which looks at its environment only then
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
            resolved_yaml=redacted(dump_yaml(hide(self.experiment.model_dump(mode="json")))),
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

    def _try_to_publish(self, recorder: "MlflowRecorder", best: TrialRecord) -> str | None:
        """Register the best trial's model; that it fails is told, and takes no result away."""
        try:
            return self._publish(recorder, best)
        except HpsearchError as error:
            why = "; ".join(fault.why for fault in error.faults)
            self.display.notice(f"the best model is not registered; `run` tries again: {why}")
            return None

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
