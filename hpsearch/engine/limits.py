"""When a search ends: its budget is spent, too many trials failed, or a person interrupted it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hpsearch.common.errors import Fault
from hpsearch.common.trial import TrialState
from hpsearch.engine.budget import Spent, why_over
from hpsearch.engine.stops import SEARCH_ENDED, Stop

if TYPE_CHECKING:
    from hpsearch.experiment import Budget


class Limits:
    """The limits of one run, and whether one of them is reached."""

    def __init__(self, budget: Budget, spent: Spent) -> None:
        self._budget = budget
        self._spent = spent
        self._started = time.monotonic()
        self.interrupted = False
        """Whether a person has interrupted the search."""

    @property
    def seconds(self) -> float:
        """Seconds of searching in all, over every run of this study."""
        return self._spent.earlier_seconds + time.monotonic() - self._started

    def why_over(self) -> str | None:
        """Return why no trial may begin or continue, or None."""
        if self.interrupted:
            return "interrupted"
        return why_over(self._budget, self._spent, self.seconds)

    def failure(self) -> Fault | None:
        """Return the fault if too many trials failed, else None."""
        return self._spent.failures.too_many(self._budget)

    def is_resumable(self) -> bool:
        """Return whether another `run` resumes the unfinished trials, once this one is over."""
        return self.interrupted or self.failure() is not None

    def stop(self) -> Stop | None:
        """Return why running trials stop, if the whole search is over."""
        over = self.why_over()
        if over is None:
            return None
        if self.is_resumable():
            return Stop(over, TrialState.WAITING)
        return Stop(f"{SEARCH_ENDED}{over}", TrialState.PRUNED)
