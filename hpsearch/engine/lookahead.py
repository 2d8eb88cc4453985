"""Look-ahead: whether the next proposal is made only when it is needed, or before.

A proposal made when it is needed knows of every trial that has ended. One made ahead misses the
last of them, as if one more trial ran at a time. So it is made ahead only if a slot would otherwise
wait for longer than `NOTICEABLE` of a trial's time. Proposals take longer as the study grows: with
TPE 50 ms at 3,000 trials (two cores, 2026-11).

Never ahead with one slot: then the order of events is the same in every run, and no clock decides
what a proposal knows, so that one seed gives one search. Never, too, if the sampler does not allow
it.
"""

import time

from hpsearch.common.proposal import Proposal
from hpsearch.engine.ports import Study

NOTICEABLE = 0.002
"""The share of a trial's time that its slot may wait for the proposal."""


class Proposer:
    """Asks the study for proposals, and measures how long it takes."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._seconds = 0.0
        self._is_ahead = False

    def ask(self) -> Proposal | None:
        """Return the next proposal, or None if none is left."""
        begun = time.monotonic()
        proposal = self._study.ask()
        if not self._is_ahead:
            self._seconds = time.monotonic() - begun
        self._is_ahead = False
        return proposal

    def is_behind(self, slots: int, trial_seconds: float) -> bool:
        """Return whether a trial of so many seconds would wait too long for its proposal."""
        is_noticeable = self._seconds > NOTICEABLE * trial_seconds
        if slots == 1 or self._is_ahead or not is_noticeable:
            return False
        return self._study.allows_lookahead

    def prepare(self) -> None:
        """Have the study make its next proposal now."""
        begun = time.monotonic()
        self._study.prepare()
        self._seconds = time.monotonic() - begun
        self._is_ahead = True
