"""Stops: what a trial becomes that should stop, and when it is told.

A trainable that returns right after a report has trained to its end: it is complete, and its model
can be the best. Nobody knows whether a report is the last one, so a stop that comes with a
possibly last report waits for the next one. If none comes, nothing was stopped. The complete trials
show where training ends: a report below the last step of all of them is not the last. So if trials
end at different steps, a pruned one may train a step longer.

| the trial should | the stop waits for the next report |
|---|---|
| fail | never |
| end, pruned or with the budget | if it may be at its last one (any, while none is complete) |
| pause at a rung | if no complete trial went further |
| be resumed by another `run` | if it hands over no checkpoint, and ends there or has just begun |
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from hpsearch.common.trial import TrialState

Becomes = Literal[TrialState.FAILED, TrialState.PRUNED, TrialState.PAUSED, TrialState.WAITING]

SEARCH_ENDED = "the search ended: "
"""The reason of a trial that the end of the search stopped begins so."""


@dataclass(frozen=True)
class Stop:
    """Why an attempt should stop, and what its trial becomes: the next `run` resumes WAITING."""

    reason: str
    becomes: Becomes


class EndSteps(NamedTuple):
    """The lowest and the highest step at which a complete trial ended."""

    lowest: int
    highest: int

    def including(self, step: int) -> "EndSteps":
        """Return the steps with those of another trial."""
        return EndSteps(min(self.lowest, step), max(self.highest, step))


def is_deferred(
    stop: Stop, *, step: int, ends: EndSteps | None, savable: bool, is_first: bool
) -> bool:
    """Return whether a stop waits for the next report; no `ends` while no trial is complete."""
    is_left = stop.becomes is TrialState.WAITING
    if stop.becomes is TrialState.FAILED or (is_left and savable):
        return False
    if ends is not None:
        return step >= (ends.highest if stop.becomes is TrialState.PAUSED else ends.lowest)
    return stop.becomes is TrialState.PRUNED or (is_left and is_first)
