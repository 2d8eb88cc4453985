"""One trial as a run of MLflow: created, brought up to the record, ended."""

from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag

from hpsearch.common.text import writable
from hpsearch.common.trial import TrialRecord
from hpsearch.tracking.held_runs import Child
from hpsearch.tracking.parent import PARENT_TAG
from hpsearch.tracking.study_card import ArtifactFolder, StudyCard
from hpsearch.tracking.values import (
    STATE_TAG,
    STATUS,
    TRIAL_OF_TAG,
    Points,
    milliseconds,
    objective,
    params_of,
    run_name,
    tags_of,
)

LOGS_FOLDER = "logs"
"""Of a trial's run: what its attempts printed."""


@dataclass(frozen=True)
class TrialRuns:
    """Writes the runs of trials below one parent run; which run is a trial's, `Runs` knows.

    `artifacts` gives a trial's folder of files for people, `logs` that of what it printed.
    """

    client: MlflowClient
    experiment_id: str
    parent_id: str
    card: StudyCard
    artifacts: ArtifactFolder
    logs: ArtifactFolder

    def create(self, record: TrialRecord) -> Child:
        """Begin a run for a trial that has none."""
        tags = self._tags(record)
        run = self.client.create_run(
            self.experiment_id,
            start_time=milliseconds(record.started),
            tags={PARENT_TAG: self.parent_id, **tags},
            run_name=run_name(record, self.card.kind),
        )
        return Child(run.info.run_id, tags)

    def log(self, child: Child, record: TrialRecord, points: Points) -> None:
        """Add what the run does not have yet."""
        if not child.running:
            self.client.update_run(child.run_id, status="RUNNING")
        tags = self._tags(record)
        params = {k: v for k, v in params_of(record).items() if k not in child.params}
        new = {place: value for place, value in points.items() if place not in child.places}
        self.client.log_batch(
            child.run_id,
            metrics=[Metric(key, value, time, step) for (key, step, time), value in new.items()],
            params=[Param(key, value) for key, value in params.items()],
            tags=[RunTag(k, v) for k, v in tags.items() if child.tags.get(k) != v],
        )
        child.places |= new.keys()
        child.tags, child.running = child.tags | tags, True
        child.params = child.params | params.keys()

    def end(self, child: Child, record: TrialRecord) -> None:
        """Add the files of a finished trial, and end its run: that is what makes it complete."""
        if record.traceback:
            self.client.log_text(child.run_id, writable(record.traceback), "traceback.txt")
        for folder_of, place in ((self.artifacts, None), (self.logs, LOGS_FOLDER)):
            with folder_of(record.number) as folder:
                if folder is not None:
                    self.client.log_artifacts(child.run_id, str(folder), place)
        ended = milliseconds(record.finished or record.started)
        self.client.set_terminated(child.run_id, STATUS[record.state], ended)

    def holds(self, run: Run, record: TrialRecord) -> bool:
        """Return whether a completely written run has the state and values of the journal."""
        points = objective(record, self.card.goals)
        return run.data.tags[STATE_TAG] == record.state.value and all(
            run.data.metrics.get(name) == value for (name, _, _), value in points.items()
        )

    def _tags(self, record: TrialRecord) -> dict[str, str]:
        return {**tags_of(record, self.card.kind), TRIAL_OF_TAG: self.card.id}
