"""Runs the trials of an experiment to their end: the parts in the order of need, then the loop."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.common.proposal import Repetition
from hpsearch.common.redaction import redacted
from hpsearch.common.trial import TrialRecord
from hpsearch.engine.budget import why_nothing_is_left
from hpsearch.engine.ports import Display, Listener, Pool
from hpsearch.engine.search import Search
from hpsearch.experiment import Experiment, dump_yaml
from hpsearch.store import Logs, StudyStore
from hpsearch.tracking import MlflowRecorder, StudyCard
from hpsearch.trainable import describe_code
from hpsearch.usecases.identity import Identity
from hpsearch.usecases.interrupts import Interrupts
from hpsearch.usecases.view import tracking_experiment

if TYPE_CHECKING:
    from hpsearch.strategies import OptunaStudy

FLUSH_SECONDS = 60.0
"""How long the end of a search waits for MLflow to catch up."""

FAILED_FLUSH_SECONDS = 10.0
"""How long the end of a search that failed waits for MLflow; the next `run` writes the rest."""


@dataclass(frozen=True)
class End:
    """How a search ended, and with which trials."""

    why: str
    interrupted: bool
    seconds: float
    records: Sequence[TrialRecord]


@dataclass(frozen=True)
class Driver:
    """What one run is built from; `stack` closes what was opened, whatever happens.

    `repetitions` are trained where they are given, in place of what a sampler would propose.
    """

    store: StudyStore
    experiment: Experiment
    identity: Identity
    card: StudyCard
    display: Display
    interrupts: Interrupts
    stack: ExitStack
    repetitions: Sequence[Repetition] | None = None
    listeners: Sequence[Listener] = ()

    def run(self, *, local: bool, verbose: bool) -> tuple[End, MlflowRecorder]:
        """Run trials until the budget is spent; return what came of it, and the open recorder."""
        executor = self.stack.enter_context(ThreadPoolExecutor(1, "mlflow"))
        records = read_records(self.store, self.experiment)
        over = why_nothing_is_left(self.experiment, records)
        if over is None:
            try:
                pool = self._open_pool(local=local, verbose=verbose)
                recorder_soon = executor.submit(self._open_recorder, verbose)
                self._load(pool)
            finally:
                self.interrupts.check()  # also where it could not be opened: nobody asks why
            recorder = self._when_open(recorder_soon)
            return self._search(pool, recorder), recorder
        recorder = self._when_open(executor.submit(self._open_recorder, verbose))
        recorder.sync(records)
        return End(over, False, _searched_seconds(records), records), recorder

    def _search(self, pool: Pool, recorder: MlflowRecorder) -> End:
        study = self._open_study()
        search = Search(
            self.experiment,
            study=study,
            pool=pool,
            checkpoints=self.store.checkpoints,
            artifacts=self.store.artifacts,
            listeners=[recorder, self.display, *self.listeners],
            logs=self._logs,
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
        return End(ended, search.interrupted, search.seconds, study.records())

    def _open_pool(self, *, local: bool, verbose: bool) -> Pool:
        """Return a pool, its workers on their way."""
        pool = self._local_pool() if local else self._ray_pool(verbose=verbose)
        self.stack.callback(pool.close)
        return pool

    def _load(self, pool: Pool) -> None:
        """Return when the workers have the trainable, and it takes what it is given."""
        self.display.phase(f"loading {self.experiment.trainable} (workers: {pool.slots})")
        pool.load()

    def _local_pool(self) -> Pool:
        from hpsearch.workers.local.pool import LocalPool

        return LocalPool.of(self.experiment, self.identity.folder, self.display)

    def _ray_pool(self, *, verbose: bool) -> Pool:
        address = self.experiment.resources.ray_address
        reaching = (
            f"reaching Ray at {redacted(address or '')}, which is sent {self.identity.folder}"
        )
        self.display.phase(reaching if address else "starting Ray")
        from hpsearch.workers.ray.environment import prepare

        prepare()  # before Ray is imported, which looks at its environment only then
        from hpsearch.workers.ray.pool import RayPool

        logs = self._logs.local
        if logs is not None:
            _clear_imports(logs)
        return RayPool.of(
            self.experiment,
            self.identity.folder,
            verbose=verbose,
            logs=logs,
            notify=self.display.notice,
        )

    def _open_study(self) -> "OptunaStudy":
        from hpsearch.strategies import OptunaStudy

        study = OptunaStudy(self.store, self.experiment, self.repetitions)
        self.stack.callback(study.close)
        return study

    @property
    def _logs(self) -> Logs:
        return self.store.logs(self.experiment.privacy)

    def _open_recorder(self, verbose: bool) -> MlflowRecorder:
        recorder = MlflowRecorder(
            self.experiment.tracking.uri,
            self.card,
            self.store.artifacts.folder,
            logs=self._logs.folder,
            notify=self.display.notice,
            verbose=verbose,
        )
        recorder.open()
        return recorder

    def _when_open(self, soon: "Future[MlflowRecorder]") -> MlflowRecorder:
        if not soon.done():
            self.display.phase("opening MLflow's store")
        recorder = soon.result()
        self.stack.callback(recorder.close, FAILED_FLUSH_SECONDS, "FAILED")  # closed twice: nothing
        return recorder


def _clear_imports(logs: Path) -> None:
    """Remove what workers that died of an import printed in an earlier run."""
    with suppress(OSError):
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in logs.glob("import-*.log"):
            left.unlink()


def study_card(experiment: Experiment, identity: Identity) -> StudyCard:
    """Return what MLflow's parent run says of a study."""
    return StudyCard(
        id=identity.id,
        name=experiment.name,
        experiment=tracking_experiment(experiment),
        goals=experiment.goals,
        resolved_yaml=dump_yaml(experiment.shown()),
        searched={name: not parameter.when for name, parameter in experiment.space.items()},
        tags=describe_code(experiment.trainable, identity.folder),
    )


def read_records(store: StudyStore, experiment: Experiment) -> Sequence[TrialRecord]:
    """Return the trials of a study, none where it was not begun."""
    if not store.exists():
        return ()
    from hpsearch.strategies import read_study

    return read_study(store, experiment)


def repair(store: StudyStore, experiment: Experiment, display: Display) -> None:
    """Repair a study's journal where it is damaged, and say so; the driver holds its lease."""
    if store.exists():
        from hpsearch.strategies import repair_study

        told = repair_study(store, experiment)
        if told is not None:
            display.notice(told)


def _searched_seconds(records: Sequence[TrialRecord]) -> float:
    """Return how long the study was searched until its last trial finished."""
    return max((record.search_seconds for record in records), default=0.0)
