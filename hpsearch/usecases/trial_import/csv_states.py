"""What a table says of how a row's trial ended, as `show --format csv` and Optuna's tables do."""

import math
from collections.abc import Mapping
from dataclasses import replace

from hpsearch.common.earlier import EarlierTrial
from hpsearch.usecases.trial_import.csv_cells import number_in

STATE_COLUMNS = ("state", "step")
"""They say how a trial ended, and at which step it had its value."""

WITHOUT_VALUE = "without a value"
LEFT_OUT = {
    "running": "not finished",
    "waiting": "not finished",
    "paused": "not finished",
    "failed": "failed",
    "fail": "failed",
}
INFEASIBLE = "infeasible in its table"


def with_state(trial: EarlierTrial, about: Mapping[str, str]) -> EarlierTrial | str:
    """Return the trial as its state says it ended, or why it is left out.

    `about` are the row's cells of `STATE_COLUMNS`. A word that is no state says nothing. What was
    stopped early has its value as a report of its step, as in an Optuna storage.
    """
    state = about.get("state", "").casefold()
    if state in LEFT_OUT:
        return LEFT_OUT[state]
    if state == "infeasible":
        return replace(trial, infeasible=INFEASIBLE)
    if not trial.values:
        return WITHOUT_VALUE
    if state != "pruned":
        return trial
    step = _step(about.get("step", ""))
    if step is None:
        return "stopped early, at a step that is not said"
    return replace(trial, reports={step: trial.values[0]}, is_stopped=True)


def _step(text: str) -> int | None:
    """Return a step, also one that a table wrote as 3.0."""
    number = number_in(text)
    return int(number) if math.isfinite(number) and number >= 0 and number.is_integer() else None
