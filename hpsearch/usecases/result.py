"""The result of a search, and how it ended in a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hpsearch.common.errors import Fault
from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.usecases.no_result import no_complete_trial

Outcome = Literal["done", "interrupted", "failed"]


@dataclass(frozen=True)
class Result:
    """The result of a search. `model` is the name and version registered, or None."""

    store: StudyStore
    experiment: Experiment
    records: Sequence[TrialRecord]
    best: TrialRecord | None
    ended: str
    interrupted: bool
    seconds: float
    tracking: str
    model: str | None
    unrecorded: Sequence[int]

    @property
    def failure(self) -> Fault | None:
        """Why the search failed: it ended, and no trial is complete; None if it did not fail."""
        if self.best is not None or self.interrupted:
            return None
        return no_complete_trial(self.experiment.name, self.experiment, self.records)

    @property
    def outcome(self) -> Outcome:
        """How it ended, in a word."""
        if self.interrupted:
            return "interrupted"
        return "done" if self.failure is None else "failed"
