"""What a confirmation found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hpsearch.analysis import Verdict
from hpsearch.common.trial import TrialRecord
from hpsearch.usecases.confirmation.contenders import Choice
from hpsearch.usecases.view import StudyView


@dataclass(frozen=True)
class Final:
    """The winner's model: trained on all data but the test set if `on_all`, else its median seed's.

    `evaluation` is measured once on the test set; if it is None, `problem` says why.
    """

    record: TrialRecord
    on_all: bool
    evaluation: Mapping[str, Any] | None = None
    problem: str = ""


@dataclass(frozen=True)
class Confirmation:
    """The result of a confirmation; without `final` it was interrupted, or `problem` says why."""

    study: StudyView
    choice: Choice
    verdict: Verdict
    final: Final | None
    problem: str
    interrupted: bool
    tracking: str
    model: str | None
    unrecorded: int

    def __repr__(self) -> str:
        """Return the verdict in a line, as a notebook shows it."""
        return f"<Confirmation of {self.study.experiment.name!r}: {self.verdict.text}>"
