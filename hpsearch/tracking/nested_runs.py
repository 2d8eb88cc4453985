"""The runs that trainables make themselves: in the study's experiment, under the trial's run.

MLflow reads where to record, and tags for each new run, from the environment, so child processes
and commands record there as well. A trial's run is made after its attempt has begun: until then
the runs made inside it are under the study's run.
"""

import json
import time
from collections.abc import Callable, Sequence

from mlflow import MlflowClient
from mlflow.entities import Run

from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.tracking.parent import PARENT_TAG, search

STUDY_TAG = "hpsearch.inside_study"
TRIAL_TAG = "hpsearch.inside_trial"
ATTEMPT_TAG = "hpsearch.inside_attempt"

LOOK_SECONDS = 10.0
"""Between two looks for such runs: in a store of 1,000 trials' runs a look takes 5 ms."""


class NestedRuns:
    """The runs inside the trials of one study."""

    def __init__(
        self, client: MlflowClient, experiment_id: str, *, study_id: str, parent_id: str
    ) -> None:
        self._client = client
        self._experiment_id = experiment_id
        self._study = {STUDY_TAG: study_id}
        self._parent = {PARENT_TAG: parent_id}
        self._ended: dict[int, int] = {}
        self._looked = time.monotonic()

    def context(self, record: TrialRecord) -> str:
        """Return the tags for the runs inside an attempt, as MLflow reads them."""
        of_trial = {TRIAL_TAG: str(record.number), ATTEMPT_TAG: str(record.attempt)}
        return json.dumps(self._parent | self._study | of_trial)

    def note(self, records: Sequence[TrialRecord]) -> None:
        """Learn which attempts are over."""
        for record in records:
            is_running = record.state is TrialState.RUNNING
            self._ended[record.number] = record.attempt - is_running

    def note_dead(self, records: Sequence[TrialRecord]) -> None:
        """Learn that nothing runs of what an earlier driver began."""
        self._ended |= {record.number: record.attempt for record in records}

    def is_due(self) -> bool:
        """Return whether it is time for `arrange`."""
        return time.monotonic() - self._looked > LOOK_SECONDS

    def arrange(self, run_id: Callable[[int], str | None], *, all_ended: bool = False) -> None:
        """Put runs under their trial's run, and end those whose attempt left them open."""
        self._looked = time.monotonic()
        for run in self._find(self._study | self._parent):
            if (trial := run_id(_number(run, TRIAL_TAG))) is not None:
                self._client.set_tag(run.info.run_id, PARENT_TAG, trial)
        for run in self._find(self._study, " and attributes.status = 'RUNNING'"):
            if all_ended or self._is_over(run):
                self._client.set_terminated(run.info.run_id, "KILLED")

    def _is_over(self, run: Run) -> bool:
        ended = self._ended.get(_number(run, TRIAL_TAG), 0)
        return 0 < _number(run, ATTEMPT_TAG) <= ended

    def _find(self, tags: dict[str, str], more: str = "") -> list[Run]:
        return search(self._client, self._experiment_id, tags, more)


def _number(run: Run, tag: str) -> int:
    """Return a tag's number, -1 if a person changed it to something else."""
    text = run.data.tags.get(tag, "")
    return int(text) if text.isascii() and text.isdigit() else -1
