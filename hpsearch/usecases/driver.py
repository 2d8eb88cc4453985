"""Runs the trials of an experiment: builds the parts in the order of need, then runs the loop."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hpsearch.analysis import Transfer
from hpsearch.common.garbage import uncollected
from hpsearch.common.proposal import Repetition
from hpsearch.common.text import count, listed
from hpsearch.common.trial import TrialRecord
from hpsearch.engine import (
    Display,
    Listener,
    NoTracking,
    Parts,
    Pool,
    Search,
    Tracking,
    why_nothing_is_left,
)
from hpsearch.experiment import Experiment, dump_yaml
from hpsearch.store import Logs, StudyStore, local_folder
from hpsearch.tracking import MlflowRecorder, Recorder, StudyCard, further_recorders
from hpsearch.trainable import describe_code
from hpsearch.usecases.identity import Identity
from hpsearch.usecases.interrupts import Interrupts
from hpsearch.usecases.pools import loading, open_pool
from hpsearch.usecases.slots import SlotWish
from hpsearch.usecases.summary import keep_summary, refresh_summary
from hpsearch.usecases.view import StudyHandle, tracking_experiment

if TYPE_CHECKING:
    from hpsearch.strategies import OptunaStudy, Reading

FLUSH_SECONDS = 60.0
"""How long the end of a search waits for a recorder to catch up."""

FAILED_FLUSH_SECONDS = 10.0
"""How long the end of a search that failed waits for one; the next `run` writes the rest."""


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

    `repetitions`, if given, are trained instead of what a sampler proposes; `transfers` are what
    the sampler learns from earlier studies. `on_end` is called once the last trial is over, unless
    the search was interrupted.
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
    transfers: Sequence[Transfer] = ()
    on_end: Callable[[], object] = lambda: None

    def run(self, *, local: bool, verbose: bool) -> tuple[End, MlflowRecorder]:
        """Run trials until the budget is spent; return how it ended, and the open recorder."""
        executor = self.stack.enter_context(ThreadPoolExecutor(1, "hpsearch-mlflow"))
        reading = self._read()
        records = reading.with_pauses(self.experiment) if reading is not None else []
        over = why_nothing_is_left(self.experiment, records)
        if over is None:
            executor.submit(MlflowRecorder.load)  # Ray starts meanwhile, and mostly waits
            try:
                pool = self._open_pool(local=local, verbose=verbose)
                wish = SlotWish(self.store, pool.limit, self.display.notice)
                self.stack.callback(wish.close)  # closed twice: nothing
                recorder_soon = executor.submit(self._open_recorder, verbose)
                others_soon = executor.submit(self._open_others)
                self._load(pool)
            finally:
                self.interrupts.check()  # also after a failure: nobody asks why
            recorder, others = self._when_open(recorder_soon), self._when_others_open(others_soon)
            end = self._search(pool, reading, recorder, others)
            wish.close()
            return end, recorder
        recorder = self._when_open(executor.submit(self._open_recorder, verbose))
        others = self._when_others_open(executor.submit(self._open_others))
        for one in (recorder, *others):
            one.sync(records)
        refresh_summary(self.store)
        why = f"{over}, so nothing is left to do"
        if len(records) >= self.experiment.budget.trials:
            why += f"; to go on, raise `budget.trials` above {len(records)}"
        return End(why, False, _searched_seconds(records), records), recorder

    def _search(
        self,
        pool: Pool,
        reading: "Reading | None",
        recorder: MlflowRecorder,
        others: Sequence[Recorder],
    ) -> End:
        study = self._open_study(reading)
        search = Search(
            self.experiment,
            Parts(
                study=study,
                pool=pool,
                checkpoints=self.store.checkpoints,
                artifacts=self.store.artifacts,
                listeners=[recorder, *others, self.display, *self.listeners],
                logs=self._logs,
                tracking=self._tracking(recorder),
                notify=self.display.notice,
            ),
        )
        records = study.records()
        for one in (recorder, *others):
            one.sync(records)
        self.display.begin(self.experiment, records, pool.most_slots, _searched_seconds(records))
        try:
            self.interrupts.watch(search)
            ended = search.run()
        finally:
            self.display.end()
        if not search.interrupted:
            self.on_end()
        pool.close()
        keep_summary(StudyHandle(self.store, self.experiment, self.identity), study)
        return End(ended, search.interrupted, search.seconds, study.records())

    def _open_pool(self, *, local: bool, verbose: bool) -> Pool:
        """Return a pool whose workers are starting."""
        pool = open_pool(
            self.experiment, self.identity.folder, self.display,
            logs=self._logs.local, local=local, verbose=verbose,
        )  # fmt: skip
        self.stack.callback(pool.close)
        return pool

    def _load(self, pool: Pool) -> None:
        """Return when a worker has the trainable, and it takes the hyperparameters."""
        self.display.phase(loading(self.experiment, pool))
        pool.load(self.interrupts.check)

    def _read(self) -> "Reading | None":
        """Read the study; None if it was not begun."""
        if not self.store.exists():
            return None
        from hpsearch.strategies import Reading

        return Reading.of(self.store, self.experiment)

    def _open_study(self, reading: "Reading | None") -> "OptunaStudy":
        from hpsearch.strategies import OptunaStudy

        with uncollected():  # what it makes stays
            study = OptunaStudy(
                self.store, self.experiment, self.repetitions, self.transfers, reading
            )
        self.stack.callback(study.close)
        return study

    def _tracking(self, recorder: MlflowRecorder) -> Tracking:
        """Return where trainables may record: a file is out of reach for a cluster."""
        is_cluster = self.experiment.resources.ray_address is not None
        return NoTracking() if is_cluster and recorder.is_on_this_machine else recorder.tracking

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
            may_write=self.store.may_write,
            verbose=verbose,
        )
        recorder.open()
        return recorder

    def _when_open(self, soon: "Future[MlflowRecorder]") -> MlflowRecorder:
        if not soon.done():
            self.display.phase("connecting to MLflow")
        recorder = soon.result()
        self.stack.callback(recorder.close, FAILED_FLUSH_SECONDS, "FAILED")  # closed twice: nothing
        return recorder

    def _open_others(self) -> Sequence[Recorder]:
        others = further_recorders(
            self.experiment.tracking.also,
            self.card,
            partial(local_folder, self.store),
            self.display.notice,
            may_write=self.store.may_write,
        )
        for recorder in others:
            recorder.open()
        return others

    def _when_others_open(self, soon: "Future[Sequence[Recorder]]") -> Sequence[Recorder]:
        others = soon.result()
        for recorder in others:
            self.stack.push(partial(self._close, recorder))
        return others

    def _close(self, recorder: Recorder, kind: type[BaseException] | None, *_: object) -> None:
        """Close a recorder beside MLflow, at the end of everything; say what it lacks."""
        self.display.phase(f"waiting until {recorder.name} has everything")
        left = recorder.close(FLUSH_SECONDS if kind is None else FAILED_FLUSH_SECONDS)
        if left:
            trials = f"{count(len(left), 'trial')} ({listed(left)})"
            self.display.notice(f"{recorder.name} lacks {trials}; the next `run` writes them")


def study_card(experiment: Experiment, identity: Identity) -> StudyCard:
    """Return what the parent run in MLflow says of a study."""
    return StudyCard(
        id=identity.id,
        name=experiment.name,
        experiment=tracking_experiment(experiment),
        goals=experiment.goals,
        resolved_yaml=dump_yaml(experiment.shown()),
        searched={name: not parameter.when for name, parameter in experiment.space.items()},
        tags=describe_code(experiment, identity.folder),
    )


def _searched_seconds(records: Sequence[TrialRecord]) -> float:
    """Return how long the study was searched until its last trial finished."""
    return max((record.search_seconds for record in records), default=0.0)
