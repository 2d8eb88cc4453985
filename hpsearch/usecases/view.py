"""Looks at studies without changing them, also while a driver is at work."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING, Literal

from hpsearch.analysis import FailingPart, failing_parts, pareto_front
from hpsearch.common.errors import Fault, UserError
from hpsearch.common.goal import best_record
from hpsearch.common.trial import TrialRecord
from hpsearch.engine import has_failed, why_nothing_is_left
from hpsearch.experiment import Experiment
from hpsearch.store import Logs, Studies, StudyStore, find_study
from hpsearch.strategies import is_exhausted
from hpsearch.usecases import faults
from hpsearch.usecases.identity import Identity, read_identity, read_recorded
from hpsearch.usecases.no_result import no_complete_trial

if TYPE_CHECKING:
    from hpsearch.strategies import Reading

Standing = Literal["running", "finished", "failed", "interrupted", "imported"]


@dataclass(frozen=True)
class StudyHandle:
    """A study that exists: where it is, what is searched, and its identity."""

    store: StudyStore
    experiment: Experiment
    identity: Identity

    @property
    def logs(self) -> Logs:
        """What its attempts printed, without secrets."""
        return self.store.logs(self.experiment.privacy)


@dataclass(frozen=True)
class StudyView(StudyHandle):
    """A study as it stands now. `running` says that a driver holds it."""

    records: Sequence[TrialRecord]
    best: TrialRecord | None
    running: bool
    reading: "Reading | None" = field(default=None, compare=False, repr=False)
    """Where `records` are from, if they were read from the journal."""

    @classmethod
    def of(
        cls,
        handle: StudyHandle,
        records: Sequence[TrialRecord],
        *,
        running: bool,
        reading: "Reading | None" = None,
    ) -> "StudyView":
        """Return a study with these trials."""
        best = best_record(records, handle.experiment.goals)
        own = (handle.store, handle.experiment, handle.identity)
        return cls(*own, records, best, running, reading)

    @property
    def as_read(self) -> "Reading":
        """Its trials as its strategies read them: 20,000 trials take 4 s, so not twice."""
        from hpsearch.strategies import Reading

        return self.reading or Reading.of(self.store, self.experiment)

    @property
    def front(self) -> Sequence[TrialRecord]:
        """The Pareto front, sorted by the first objective; with one objective the best trial."""
        return pareto_front(self.records, self.experiment.goals)

    @property
    def failing_parts(self) -> Sequence[FailingPart]:
        """The parts of the space in which most trials fail."""
        return failing_parts(self.records, self.experiment)

    def state_of(self, record: TrialRecord) -> str:
        """Return a trial's state; one that no driver runs any more is `interrupted`."""
        return record.state_while(self.running)

    @property
    def standing(self) -> Standing:
        """Whether a driver is at work on it, another `run` can resume it, or nothing is left.

        One with imported trials alone was never run, so nothing interrupted it.
        """
        if self.running:
            return "running"
        if has_failed(self.experiment, self.records):
            return "failed"
        over = why_nothing_is_left(self.experiment, self.records) is not None
        is_over = over or is_exhausted(self.experiment, self.records)
        if is_over:
            return "finished"
        is_new = self.records and all(one.imported for one in self.records)
        return "imported" if is_new else "interrupted"


@dataclass(frozen=True)
class UnreadableStudy:
    """A study that cannot be shown, and why."""

    store: StudyStore
    fault: Fault


def look(studies: Studies, name: str) -> StudyView:
    """Return a study; raises UserError if there is none of that name."""
    return look_at(find_study(studies, name))


def trial_of(view: StudyView, number: int | None) -> TrialRecord:
    """Return the trial of that number, or the best; raises UserError if there is none."""
    if number is None:
        if view.best is None:
            name = view.store.name
            raise UserError(no_complete_trial(name, view.experiment, view.records))
        return view.best
    if not isinstance(number, Integral) or not 0 <= number < len(view.records):
        is_search = view.store.kind == "search"
        fault = faults.no_such_trial if is_search else faults.no_such_training
        raise UserError(fault(view.store.name, number, len(view.records)))
    return view.records[number]


def tracking_uri(experiment: Experiment | None) -> str:
    """Return where MLflow records: as the experiment, the environment or MLflow itself says."""
    named = experiment.tracking.uri if experiment is not None else None
    return named or os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"


def tracking_experiment(experiment: Experiment) -> str:
    """Return the name of the MLflow experiment in which the study is recorded."""
    return experiment.tracking.experiment or experiment.name


def comparison_path(view: StudyView, server: str) -> str | None:
    """Return the path at which a server's UI compares the best trials; None if it has none.

    `server` is the address of an MLflow server. Raises what MLflow raises if it does not answer.
    """
    from hpsearch.tracking import view_path

    return view_path(server, tracking_experiment(view.experiment), view.identity.id)


def look_at(store: StudyStore) -> StudyView:
    """Return a study that was begun as it stands now; raises UserError if it is unreadable."""
    from hpsearch.strategies import Reading

    experiment = read_recorded(store)
    reading = Reading.of(store, experiment)
    records = reading.with_pauses(experiment)
    running = store.lease().is_held()
    handle = StudyHandle(store, experiment, read_identity(store))
    return StudyView.of(handle, records, running=running, reading=reading)


def look_at_confirmation(search: StudyView) -> StudyView:
    """Return the confirmation of a search; its trials are the trainings. UserError if none is."""
    store = search.store.part("confirmation")
    if not store.exists():
        raise UserError(faults.not_confirmed(search.store.name))
    return look_at(store)
