"""A search over known trials, run to its end in simulated time. Nothing is trained or written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hpsearch.common.goal import best_record
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine import Parts, Search, Task
from hpsearch.experiment import Experiment
from hpsearch.store import open_store
from hpsearch.workers import Course, VirtualPool

if TYPE_CHECKING:
    from hpsearch.strategies import KnownStudy


@dataclass(frozen=True)
class Side:
    """How trials ended.

    `seconds` is their time of training, `elapsed` the simulated time until the last one ended,
    `best_after` that until the best one did; `values` are those of the best.
    """

    complete: int
    stopped: int
    infeasible: int
    failed: int
    seconds: float
    elapsed: float
    best: int | None
    values: tuple[float, ...]
    best_after: float | None


class Simulation:
    """A search over known trials, run to its end in simulated time; it listens to itself."""

    def __init__(self, study: "KnownStudy", experiment: Experiment, slots: int) -> None:
        self.study, self.slots = study, slots
        self._pool = pool = VirtualPool(self._course, slots=slots)
        self._goals = experiment.goals
        self.records: dict[int, TrialRecord] = {}
        """The trials as they ended, by the numbers that they have in the study."""
        self._ended: dict[int, float] = {}
        files = open_store("memory://").study(experiment.name)
        parts = Parts(study, pool, files.checkpoints, files.artifacts, listeners=[self])
        Search(experiment, parts).run()

    def started(self, record: TrialRecord) -> None: ...

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None: ...

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None:
        """Note when a trial ended."""
        number = self.study.original(record.number).number
        self.records[number] = replace(record, number=number)
        self._ended[number] = self._pool.now

    def _course(self, task: Task) -> Course:
        record = self.study.original(task.number)
        if record.infeasible:
            return Course.of(record.measurements, "infeasible", record.reason)
        if record.state is TrialState.FAILED:
            return Course.of(record.measurements, "raised", record.reason)
        course = Course.of(record.measurements)
        is_cut = record.state is TrialState.PRUNED or not record.state.is_finished
        if not is_cut or self.study.is_at_end(task.number):
            return course
        return replace(course, how="crashed")  # it is told to stop at its last known report

    @property
    def side(self) -> Side:
        """How it ended."""
        states = [record.state for record in self.records.values()]
        best = best_record(self.records.values(), self._goals)
        return Side(
            complete=states.count(TrialState.COMPLETE),
            stopped=states.count(TrialState.PRUNED),
            infeasible=states.count(TrialState.INFEASIBLE),
            failed=states.count(TrialState.FAILED),
            seconds=sum(record.seconds for record in self.records.values()),
            elapsed=self._pool.now,
            best=best.number if best is not None else None,
            values=best.values if best is not None else (),
            best_after=self._ended[best.number] if best is not None else None,
        )
