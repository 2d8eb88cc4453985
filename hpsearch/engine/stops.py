"""Stops: what a trial becomes that should stop, and when it is told.

A trainable that returns right after a report has trained to its end: it is complete, and its model
can be the best. Nobody knows whether a report is the last one, so a stop that comes with a
possibly last report waits for the next one. If none comes, nothing was stopped. The complete trials
show where training ends: a report below the last step of all of them is not the last. So if trials
end at different steps, a pruned one may train a step longer. What pauses trials knows itself where
training ends.

| the trial should | the stop waits for the next report |
|---|---|
| fail, or pause at a rung | never |
| end, pruned or with the budget | if it may be at its last one (any, while none is complete) |
| be resumed by another `run` | if it hands over no checkpoint, and ends there or has just begun |
"""

from dataclasses import dataclass
from typing import Literal

from hpsearch.common.trial import TrialState

Becomes = Literal[TrialState.FAILED, TrialState.PRUNED, TrialState.PAUSED, TrialState.WAITING]

SEARCH_ENDED = "the search ended: "
"""The reason of a trial that the end of the search stopped begins so."""


@dataclass(frozen=True)
class Stop:
    """Why an attempt should stop, and what its trial becomes: the next `run` resumes WAITING."""

    reason: str
    becomes: Becomes


def is_deferred(stop: Stop, *, step: int, end: int | None, savable: bool, is_first: bool) -> bool:
    """Return whether a stop waits for the next report.

    `end` is the lowest step at which a complete trial ended; None while none is complete.
    """
    is_left = stop.becomes is TrialState.WAITING
    if stop.becomes in (TrialState.FAILED, TrialState.PAUSED) or (is_left and savable):
        return False
    if end is not None:
        return step >= end
    return stop.becomes is TrialState.PRUNED or (is_left and is_first)
