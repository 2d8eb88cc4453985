"""The runs that MLflow holds of a study's trials: found, reopened, or moved to its trash."""

from collections.abc import Set
from dataclasses import dataclass, field

from mlflow import MlflowClient
from mlflow.entities import Run

from hpsearch.common.trial import TrialRecord
from hpsearch.tracking.parent import PARENT_TAG, search
from hpsearch.tracking.values import (
    KIND_TAG,
    REASON_TAG,
    STATE_TAG,
    STATUS,
    TRIAL_TAG,
    Place,
    can_be_param,
    params_of,
)

STRANGER = "the study's journal has no such trial, or one with other hyperparameters"
SUPERSEDED = "the trial was started again and reported other values"
SECOND = "another run holds this trial"
"""Why a run was moved to the trash."""

SHARED_TAG = "hpsearch.shared"
"""Of a trial's run whose id the trainable was given."""

FINISHED = frozenset(state.value for state in STATUS)


@dataclass
class Child:
    """What MLflow holds of a trial whose run it does not call finished."""

    run_id: str
    tags: dict[str, str]
    places: set[Place] = field(default_factory=set)
    params: Set[str] = frozenset()
    running: bool = True

    @property
    def is_shared(self) -> bool:
        """Whether the trainable asked for the run, and may record into it."""
        return SHARED_TAG in self.tags


@dataclass(frozen=True)
class HeldRuns:
    """The runs below one parent run that are of one kind, by trial."""

    client: MlflowClient
    experiment_id: str
    parent_id: str
    kind: str

    def by_trial(self, number: int | None = None) -> dict[int, Run]:
        """Return the child runs by trial, one each: a second one goes to the trash."""
        wanted = {PARENT_TAG: self.parent_id}
        if number is not None:
            wanted[TRIAL_TAG] = str(number)
        found: dict[int, Run] = {}
        runs = search(self.client, self.experiment_id, wanted)
        for run in sorted(runs, key=is_recorded, reverse=True):
            trial = _number(run)
            if run.data.tags.get(KIND_TAG, "") != self.kind:
                continue
            if trial in found:
                self.discard(run.info.run_id, SECOND)
            elif trial >= 0:
                found[trial] = run
        return found

    def run_id(self, number: int) -> str | None:
        """Return the id of a trial's run, or None if there is none."""
        run = self.by_trial(number).get(number)
        return run.info.run_id if run else None

    def reopen(self, run: Run) -> Child:
        """Return what an unfinished trial's run holds, so that writing can continue."""
        history = (
            metric
            for name in run.data.metrics
            for metric in self.client.get_metric_history(run.info.run_id, name)
        )
        places = {(metric.key, metric.step, metric.timestamp) for metric in history}
        running = run.info.status == "RUNNING"
        tags, params = dict(run.data.tags), frozenset(run.data.params)
        return Child(run.info.run_id, tags, places, params, running=running)

    def discard(self, run_id: str, why: str) -> None:
        """Move a run to MLflow's trash, where a person can restore it, and note why.

        Runs that a trainable made under it stay: they are under the study's run again.
        """
        for nested in search(self.client, self.experiment_id, {PARENT_TAG: run_id}):
            self.client.set_tag(nested.info.run_id, PARENT_TAG, self.parent_id)
        self.client.set_tag(run_id, REASON_TAG, why)
        self.client.delete_run(run_id)


def can_become(run: Run, record: TrialRecord) -> bool:
    """Return whether the run can become the trial's: a param of a run never changes."""
    params = run.data.params
    if SHARED_TAG in run.data.tags:  # others are the trainable's own
        params = {name: params[name] for name in params_of(record) if name in params}
    return all(can_be_param(value, name, record) for name, value in params.items())


def is_recorded(run: Run) -> bool:
    """Return whether the run was written completely: its status is set last."""
    return run.info.status != "RUNNING" and run.data.tags.get(STATE_TAG) in FINISHED


def _number(run: Run) -> int:
    """Return which trial the run holds, -1 if a person changed its tag to something else."""
    text = run.data.tags.get(TRIAL_TAG, "")
    return int(text) if text.isascii() and text.isdigit() else -1
