"""How many trials failed: in all, in a row, and of the recent ones."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpsearch.common.errors import Fault
from hpsearch.common.text import kind_of
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import faults

if TYPE_CHECKING:
    from hpsearch.experiment import Budget

RECENT = 50
"""`budget.failed_share` looks at so many trials, those that ended last."""


@dataclass
class Failures:
    """The failures of this `run`, and how many there are over all of them.

    Only the total is kept from `run` to `run`: the cause of the others may be corrected by then.
    """

    total: int = 0
    in_a_row: int = 0
    ended: int = 0
    last: str = ""
    kinds: set[str] = field(default_factory=set)
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))

    def count(self, record: TrialRecord) -> None:
        """Count a trial that ended in this run."""
        is_failed = record.state is TrialState.FAILED
        self.ended += 1
        self.recent.append(is_failed)
        self.in_a_row = self.in_a_row + 1 if is_failed else 0
        if is_failed:
            self.total += 1
            self.last = record.reason
            self.kinds.add(kind_of(record.reason))

    def count_earlier(self, record: TrialRecord) -> None:
        """Count a trial that ended in an earlier run."""
        if record.state is TrialState.FAILED:
            self.total += 1
            self.last = record.reason

    def too_many(self, budget: Budget) -> Fault | None:
        """Return the fault if a limit of the budget is reached, else None."""
        recent = sum(self.recent)
        if _reaches(self.total, budget.failed_trials):
            return faults.too_many_failures(self.total, self.last)
        if _reaches(self.in_a_row, budget.failed_in_a_row):
            return faults.too_many_failures(
                self.in_a_row, self.last, among=" in a row", key="failed_in_a_row"
            )
        share = budget.failed_share
        if len(self.recent) == RECENT and share is not None and recent >= share * RECENT:
            among = f" of the last {RECENT}"
            return faults.too_many_failures(recent, self.last, among=among, key="failed_share")
        return None

    def are_alike(self, count: int) -> bool:
        """Return whether the first `count` trials of this run, and no others, failed in one way."""
        return self.in_a_row == self.ended == count and len(self.kinds) == 1


def _reaches(failed: int, limit: int | None) -> bool:
    return limit is not None and failed >= limit
