"""Why one of Optuna's pruners stopped a trial: what it compared, with what.

| pruner | compares |
|---|---|
| median, percentile | the trial's best value so far; the complete trials' values at the step |
| successive_halving, hyperband | the value at a rung; those of the trials that were there before |
| threshold | the value; the limits |
| patient | the best value; the last `patience` reports and one |
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from optuna import Study
from optuna.trial import FrozenTrial, TrialState

from hpsearch.common.goal import Goal
from hpsearch.common.text import count
from hpsearch.experiment import PrunerType
from hpsearch.strategies.aligned import value_at

Options = Mapping[str, Any]
Explain = Callable[[Goal, Options, Study, FrozenTrial], str]

RUNG_KEY = "completed_rung_"
"""Optuna notes the value that a trial had at a rung in a system attribute of this name."""


def why_stopped(
    kind: PrunerType,
    options: Options,
    *,
    goal: Goal,
    study: Study,
    trial: FrozenTrial,
) -> str:
    """Return why a pruner stopped a trial at its last report; `study` as the pruner saw it."""
    said = _EXPLAIN[kind](goal, options, study, trial)
    return f"{kind.replace('_', ' ')}: {said}"


def _percentile(goal: Goal, options: Options, study: Study, trial: FrozenTrial) -> str:
    step, percent = _step(trial), options.get("percentile", 50)
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    found = (value_at(one.intermediate_values, step) for one in complete)
    values = [value for value in found if value is not None]
    is_maximized = goal.direction == "maximize"
    limit = float(np.nanpercentile(values, 100 - percent if is_maximized else percent))
    name = f"the median {limit:.4g}" if percent == 50 else f"{limit:.4g}, the best {percent:g}%"
    beyond = "below" if is_maximized else "above"
    best = goal.best_until(step, _best(goal, trial.intermediate_values.values()))
    return f"{best}, {beyond} {name} of {count(len(values), 'complete trial')} at that step"


def _halving(goal: Goal, options: Options, study: Study, trial: FrozenTrial) -> str:
    key = max(one for one in trial.system_attrs if one.startswith(RUNG_KEY))
    value, first = trial.system_attrs[key], options.get("bootstrap_count", 0)
    every = study.get_trials(deepcopy=False)
    values = [one.system_attrs[key] for one in every if key in one.system_attrs]
    if len(values) <= first:
        return f"{_last(goal, trial)}, one of the first {first} at this rung (`bootstrap_count`)"
    better = sum(goal.is_better(one, value) for one in values)
    best = max(1, len(values) // options.get("reduction_factor", 4))
    verb = "continues" if best == 1 else "continue"
    ranked = f"ranked {better + 1} of {len(values)} at this rung"
    return f"{_last(goal, trial)}, {ranked}; the best {best} {verb}"


def _hyperband(goal: Goal, options: Options, study: Study, trial: FrozenTrial) -> str:
    """Only Optuna knows which trials are of the same bracket."""
    share = f"the best 1/{options.get('reduction_factor', 3)}"
    first = options.get("bootstrap_count", 0)
    early = f", or one of the first {first} there" if first else ""
    return f"{_last(goal, trial)}, not among {share} of its bracket at this rung{early}"


def _threshold(goal: Goal, options: Options, study: Study, trial: FrozenTrial) -> str:
    lower, value = options.get("lower"), trial.intermediate_values[_step(trial)]
    is_low = lower is not None and value < lower
    limit = f"below `lower` {lower:g}" if is_low else f"above `upper` {options['upper']:g}"
    return f"{_last(goal, trial)}, {limit}"


def _patient(goal: Goal, options: Options, study: Study, trial: FrozenTrial) -> str:
    steps = sorted(trial.intermediate_values)
    before = {s: trial.intermediate_values[s] for s in steps[: -options["patience"] - 1]}
    best = _best(goal, before.values())
    at = next(step for step, value in before.items() if value == best)
    reports = count(options["patience"] + 1, "report")
    text = f"{goal.metric} {best:.4g} at step {at}, none of the last {reports} is as good"
    wrapped = dict(options.get("wrapped_pruner") or {})
    if not wrapped:
        return text
    why = why_stopped(wrapped.pop("type"), wrapped, goal=goal, study=study, trial=trial)
    return f"{text}; {why}"


_EXPLAIN: Mapping[PrunerType, Explain] = {
    "median": _percentile,
    "percentile": _percentile,
    "successive_halving": _halving,
    "hyperband": _hyperband,
    "threshold": _threshold,
    "patient": _patient,
}


def _step(trial: FrozenTrial) -> int:
    return max(trial.intermediate_values)


def _last(goal: Goal, trial: FrozenTrial) -> str:
    step = _step(trial)
    return f"{goal.metric} {trial.intermediate_values[step]:.4g} at step {step}"


def _best(goal: Goal, values: Iterable[float]) -> float:
    return float(max(values) if goal.direction == "maximize" else min(values))
