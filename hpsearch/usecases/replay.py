"""`hpsearch replay`: a study's decisions again from its journal, or what others would have been.

Nothing is trained and nothing is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hpsearch.common.errors import UserError
from hpsearch.common.goal import best_record
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine import Parts, Search, Task
from hpsearch.experiment import Experiment, change_experiment
from hpsearch.store import open_store
from hpsearch.strategies import check_strategies, pruner_of, sampler_of
from hpsearch.usecases import faults
from hpsearch.usecases.view import StudyView
from hpsearch.workers import Course, VirtualPool

if TYPE_CHECKING:
    from hpsearch.strategies import KnownStudy, Rerun

STRATEGY = ("sampler", "pruner")
"""The sections that another strategy may change."""


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


@dataclass(frozen=True)
class Earlier:
    """A trial that would have been stopped at `step` already, which saves so many seconds."""

    trial: int
    step: int
    recorded_step: int
    seconds: float


@dataclass(frozen=True)
class WhatIf:
    """What another strategy would have done with a study's trials, as far as they are known.

    `best` is the recorded best trial; `found` says that one as good would have been found.
    `unknown` are the trials that would have gone on past what is known of them; `untried` is how
    many the sampler would not have tried. `unmeasured` have no report, and are left out.
    """

    sampler: str
    pruner: str
    slots: int
    recorded: Side
    replayed: Side
    earlier: Sequence[Earlier]
    unknown: Sequence[int]
    untried: int
    found: bool
    unmeasured: int = 0


def replay(view: StudyView) -> "Rerun":
    """Make every decision of a study again, and return which differ."""
    from hpsearch.strategies import rerun

    _refuse_population(view, view.experiment)
    return rerun(view.store, view.experiment)


def replay_with(
    view: StudyView,
    *,
    sampler: str | None = None,
    pruner: str | None = None,
    keys: Mapping[str, Any] | None = None,
) -> WhatIf:
    """Return what another sampler or pruner would have done with the study's trials.

    `keys` are options by their path: `{"pruner.min_resource": 2}`. Raises UserError if they are
    wrong, or if nothing is known of any trial.
    """
    from hpsearch.strategies import KnownStudy, slots_of

    experiment = other_experiment(view.experiment, sampler, pruner, keys or {})
    for one in (view.experiment, experiment):
        _refuse_population(view, one)
    keeps_order = experiment.sampler == view.experiment.sampler
    slots = slots_of(view.store, view.experiment)
    without = _changed(experiment, {"pruner": {"type": "none"}}, {})
    recorded = _Simulation(KnownStudy(view.store, without, keeps_order=True), without, slots)
    if not recorded.study.known:
        raise UserError(faults.nothing_to_replay(view.store.name))
    study = KnownStudy(view.store, experiment, keeps_order=keeps_order)
    found = _compare(experiment, recorded, _Simulation(study, experiment, slots))
    return replace(found, unmeasured=len(view.records) - len(recorded.study.known))


def _refuse_population(view: StudyView, experiment: Experiment) -> None:
    if experiment.sampler.type == "pbt":
        raise UserError(faults.population_not_replayed(view.store.name))


def other_experiment(
    experiment: Experiment, sampler: str | None, pruner: str | None, keys: Mapping[str, Any]
) -> Experiment:
    """Return an experiment with another strategy; raises UserError with all that is wrong."""
    if wrong := [key for key in keys if key.partition(".")[0] not in STRATEGY]:
        needed = "keys of `sampler` and `pruner`, such as `pruner.min_resource`"
        raise UserError(*(faults.argument_wrong("set", key, needed) for key in wrong))
    named = {"sampler": sampler, "pruner": pruner}
    sections = {
        name: {"type": kind}
        for name, kind in named.items()
        if kind is not None and kind != getattr(experiment, name).type
    }
    changed = _changed(experiment, sections, keys)
    if found := check_strategies(changed):
        raise UserError(*found)
    return changed


def _changed(
    experiment: Experiment, sections: Mapping[str, Any], keys: Mapping[str, Any]
) -> Experiment:
    """Return the experiment without what would end a simulation before its last trial."""
    budget = {"trials": 1_000_000, "failed_in_a_row": None, "failed_share": None}
    endless = {"budget": budget, "suggestions": []}
    return change_experiment(experiment, {**sections, **endless}, {"resources.retries": 0, **keys})


class _Simulation:
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


def _compare(experiment: Experiment, one: _Simulation, other: _Simulation) -> WhatIf:
    recorded, replayed = one.side, other.side
    return WhatIf(
        sampler=sampler_of(experiment).describe(experiment),
        pruner=pruner_of(experiment).describe(experiment),
        slots=other.slots,
        recorded=recorded,
        replayed=replayed,
        earlier=_earlier(one.study.known, other),
        unknown=sorted(other.study.unknown),
        untried=len(one.study.known) - len(other.records),
        found=recorded.best is not None and recorded.values == replayed.values,
    )


def _earlier(known: Sequence[TrialRecord], other: _Simulation) -> list[Earlier]:
    """Return the trials that would have been stopped before they were."""
    found = []
    for record in known:
        again = other.records.get(record.number)
        step, ended = (again.last_step if again is not None else None), record.last_step
        if again is not None and step is not None and ended is not None and step < ended:
            found.append(Earlier(record.number, step, ended, record.seconds - again.seconds))
    return found
