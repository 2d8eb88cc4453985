"""What a table says of how a row's trial ended, as `show --format csv` and Optuna's tables do."""

import math
from collections.abc import Mapping
from dataclasses import replace

from hpsearch.common.earlier import EarlierTrial
from hpsearch.common.errors import nearest
from hpsearch.common.text import shortened
from hpsearch.usecases.trial_import.csv_cells import number_in

STATE_COLUMNS = ("state", "step")
"""They say how a trial ended, and at which step it had its value."""

WITHOUT_VALUE = "without a value"
LEFT_OUT = {
    "running": "not finished",
    "waiting": "not finished",
    "paused": "not finished",
    "interrupted": "not finished",
    "failed": "failed",
    "fail": "failed",
}
TAKEN = ("complete", "pruned", "infeasible")
INFEASIBLE = "infeasible in its table"
OPTUNAS = "trialstate."
"""`str` writes a state of Optuna's so: `TrialState.FAIL`."""


def with_state(trial: EarlierTrial, about: Mapping[str, str]) -> EarlierTrial | str:
    """Return the trial as its state says it ended, or why it is left out.

    `about` are the row's cells of `STATE_COLUMNS`; one that is empty says nothing. A word that is
    no state may mean that the trial failed. What was stopped early has its value as a report of its
    step, as in an Optuna storage.
    """
    word = about.get("state", "")
    state = word.casefold().removeprefix(OPTUNAS)
    if word and state not in TAKEN:
        return LEFT_OUT.get(state) or _unknown(word, state)
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


def _unknown(word: str, state: str) -> str:
    meant = nearest(state, TAKEN)
    hint = f" (did you mean `{meant}`?)" if meant else ""
    return f"of the unknown state {shortened(word)}{hint}"


def _step(text: str) -> int | None:
    """Return a step, also one that a table wrote as 3.0."""
    number = number_in(text)
    return int(number) if math.isfinite(number) and number >= 0 and number.is_integer() else None
