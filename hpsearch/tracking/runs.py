"""The parent run of a study and the child run of each trial, written through one MlflowClient.

Writing the same record twice changes nothing: a run is found again by its tags, and a point of a
curve is the same point each time. A run that is not what the journal says goes to MLflow's trash,
with the reason as a tag, and the trial is written again. Only one thread writes; any may call
`run_id`.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.entities import Metric, RunTag

from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.tracking.held_runs import (
    SHARED_TAG,
    STRANGER,
    SUPERSEDED,
    Child,
    HeldRuns,
    can_become,
    is_recorded,
)
from hpsearch.tracking.nested_runs import NestedRuns
from hpsearch.tracking.parent import (
    STUDY_ID_TAG,
    find_experiment,
    open_parent,
)
from hpsearch.tracking.patience import is_busy
from hpsearch.tracking.pending import Entry
from hpsearch.tracking.saved_view import save_view
from hpsearch.tracking.study_card import ArtifactFolder, StudyCard, no_artifacts
from hpsearch.tracking.transaction import one_transaction
from hpsearch.tracking.trial_runs import TrialRuns
from hpsearch.tracking.values import (
    STATE_TAG,
    curve,
    milliseconds,
    objective,
    safe_name,
)

SHOWN_TAG = "hpsearch.report"
"""Of the parent run: which state of the study its report shows."""
REPORT_FOLDER = "report"

NOTE_TAG = "mlflow.note.content"


class Runs:
    """The runs of one study. Every method raises what MLflow raises; each may then be repeated."""

    def __init__(
        self,
        client: MlflowClient,
        card: StudyCard,
        artifacts: ArtifactFolder = no_artifacts,
        logs: ArtifactFolder = no_artifacts,
    ) -> None:
        """Find or create experiment and parent run; raise UserError if that is impossible."""
        self.client = client
        self._card = card
        self.study_id = card.id
        self._children: dict[int, Child] = {}
        self._doubtful: set[int] = set()
        self.experiment_id = find_experiment(client, card.experiment)
        self.parent_id, is_new = open_parent(client, self.experiment_id, card)
        self._trial_runs = TrialRuns(
            client, self.experiment_id, self.parent_id, card, artifacts, logs
        )
        self.held = HeldRuns(client, self.experiment_id, self.parent_id, card.kind)
        self.nested = NestedRuns(
            client, self.experiment_id, study_id=card.id, parent_id=self.parent_id
        )
        save_view(client, self.experiment_id, self.parent_id, card, is_new=is_new)
        self.shown = str(client.get_run(self.parent_id).data.tags.get(SHOWN_TAG, ""))

    def missing(self, records: Sequence[TrialRecord]) -> list[TrialRecord]:
        """Return the finished trials that MLflow does not hold as they are; learn what it holds."""
        self.nested.note_dead(records)
        known = {record.number: record for record in records}
        recorded = set()
        for number, run in self.held.by_trial().items():
            record = known.get(number)
            if record is None or not can_become(run, record):
                self.held.discard(run.info.run_id, STRANGER)
            elif is_recorded(run) and self._trial_runs.holds(run, record):
                recorded.add(number)
            else:
                self._children[number] = self.held.reopen(run)
        self.nested.arrange(self.run_id)
        return [r for r in records if r.state.is_finished and r.number not in recorded]

    def write(self, entries: Sequence[Entry]) -> None:
        """Bring the child runs up to these records; new ones together, whole or not at all."""
        new = [entry for entry in entries if self._is_new(entry.number)]
        try:
            with one_transaction(self.client) if new else nullcontext():
                for entry in new:
                    self._write(entry.record, entry.measurements)
            for entry in entries:
                if entry not in new:
                    self._write(entry.record, entry.measurements)
        except BaseException:
            for entry in entries:  # whether MLflow has them now, is unknown: look next time
                self._children.pop(entry.number, None)
                self._doubtful.add(entry.number)
            raise
        self._doubtful.difference_update(entry.number for entry in entries)
        self.nested.note([entry.record for entry in entries])
        if self.nested.is_due():
            with suppress(Exception):  # all entries are written; the next look tries again
                self.nested.arrange(self.run_id)

    def _is_new(self, number: int) -> bool:
        """Return whether MLflow surely has no run of this trial."""
        return number not in self._children and number not in self._doubtful

    def share(self, number: int) -> str | None:
        """Return the id of a trial's run, from now on the trainable's to record into as well."""
        run_id = self.run_id(number)
        if run_id is not None:
            self.client.set_tag(run_id, SHARED_TAG, "true")
            self._doubtful.add(number)
        return run_id

    def answers(self, error: Exception) -> bool:
        """Return whether MLflow takes what is well-formed, now that writing raised this error.

        If so, trying again will not help.
        """
        if is_busy(error):
            return False
        try:
            self.client.set_tag(self.parent_id, STUDY_ID_TAG, self.study_id)
        except Exception:
            return False
        return True

    def run_id(self, number: int) -> str | None:
        """Return the id of a trial's run, or None if there is none."""
        return self.held.run_id(number)

    def show(self, files: Mapping[str, bytes], state: str) -> None:
        """Put files for people into the parent run, then note what state of the study they show."""
        with TemporaryDirectory(prefix="hpsearch-report-") as folder:
            for name, data in files.items():
                Path(folder, name).write_bytes(data)
            self.client.log_artifacts(self.parent_id, folder, REPORT_FOLDER)
        self.client.set_tag(self.parent_id, SHOWN_TAG, state)

    def describe(self, metrics: Mapping[str, float], text: str, moment: datetime) -> None:
        """Add figures and a text, in Markdown, to the parent run."""
        time = milliseconds(moment)
        self.client.log_batch(
            self.parent_id,
            metrics=[Metric(safe_name(key), value, time, 0) for key, value in metrics.items()],
            tags=[RunTag(NOTE_TAG, text)],
        )

    def close(self, status: str, finished: int) -> None:
        """End the parent run, at a time in milliseconds; unfinished trials can be resumed."""
        for number, child in list(self._children.items()):
            self.client.log_batch(child.run_id, tags=[RunTag(STATE_TAG, TrialState.WAITING)])
            self.client.set_terminated(child.run_id, "KILLED", finished)
            del self._children[number]
        self.nested.arrange(self.run_id, all_ended=True)
        self.client.set_terminated(self.parent_id, status, finished)

    def _write(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        finished = record.state.is_finished
        points = curve(record.started, record.measurements if finished else measurements)
        if finished:
            points |= objective(record, self._card.goals)
        child = self._child(record)
        if finished and not child.is_shared and not child.places <= points.keys():
            # a lost attempt reported points that the trial does not have, and MLflow cannot delete
            # a point
            self.held.discard(child.run_id, SUPERSEDED)
            child = self._create(record)
        self._trial_runs.log(child, record, points)
        if finished:
            self._trial_runs.end(child, record)
            del self._children[record.number]

    def _child(self, record: TrialRecord) -> Child:
        child = self._children.get(record.number)
        if record.number in self._doubtful or (child is not None and child.is_shared):
            run = self.held.by_trial(record.number).get(record.number)
            if run is not None:
                self._children[record.number] = self.held.reopen(run)
        return self._children.get(record.number) or self._create(record)

    def _create(self, record: TrialRecord) -> Child:
        child = self._children[record.number] = self._trial_runs.create(record)
        return child
