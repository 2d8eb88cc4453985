"""Stops: what becomes of a trial that is to stop, and when it is told.

A trainable that returns right after a report has trained to its end: it is complete, and its model
can be the best. Nobody knows of a report whether it is the last one, so a stop that comes with one
that may be waits for the next report. If there is none, nothing was stopped. Where training ends,
the complete trials say: a report below the last step of all of them is not the last. Trials that
end at different steps thus cost a pruned one a step.

| the trial is to | waits for the next report |
|---|---|
| fail | never |
| end, pruned or with the budget | if it may be at its last one (any, while none is complete) |
| pause at a rung | if no complete trial went further |
| go on with another `run` | if it hands over no checkpoint, and ends there or has just begun |
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from hpsearch.common.trial import TrialState

Becomes = Literal[TrialState.FAILED, TrialState.PRUNED, TrialState.PAUSED, TrialState.WAITING]

SEARCH_ENDED = "the search ended: "
"""How the reason begins of a trial that the end of the search stopped."""


@dataclass(frozen=True)
class Stop:
    """Why an attempt is to stop, and what its trial becomes: WAITING goes on with another `run`."""

    reason: str
    becomes: Becomes


class Ends(NamedTuple):
    """The lowest and the highest step at which a complete trial ended."""

    lowest: int
    highest: int

    def including(self, step: int) -> "Ends":
        """Return the ends with those of another trial."""
        return Ends(min(self.lowest, step), max(self.highest, step))


def is_deferred(stop: Stop, *, step: int, ends: Ends | None, savable: bool, is_first: bool) -> bool:
    """Return whether a stop waits for the next report; no `ends` while no trial is complete."""
    is_left = stop.becomes is TrialState.WAITING
    if stop.becomes is TrialState.FAILED or (is_left and savable):
        return False
    if ends is not None:
        return step >= (ends.highest if stop.becomes is TrialState.PAUSED else ends.lowest)
    return stop.becomes is TrialState.PRUNED or (is_left and is_first)
