"""What an experiment would do, found without running any of it: faults, rungs, slots, budget.

Loads neither torch, ray nor mlflow. `compose.py` hands in what Optuna would refuse.
"""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.privacy import Privacy
from hpsearch.common.redaction import redacted
from hpsearch.common.text import count
from hpsearch.engine.failures import RECENT
from hpsearch.experiment.conditions import step_notices
from hpsearch.experiment.made import is_given_by_python
from hpsearch.experiment.schema import Budget, Experiment
from hpsearch.experiment.space import describe
from hpsearch.trainable.code import refuse_to_send
from hpsearch.trainable.live_check import live_faults
from hpsearch.trainable.signature import Given, compare, read_signature
from hpsearch.usecases.model_source import find_trainable


@dataclass(frozen=True)
class Plan:
    """What would run, in words and numbers; `notices` are what else a person should know."""

    name: str
    trainable: str
    objective: list[str]
    fixed: dict[str, Any]
    searched: dict[str, str]
    sampler: str
    rungs: str
    slots: str
    budget: str
    notices: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return asdict(self)


def trainable_faults(experiment: Experiment, folder: Path) -> list[Fault]:
    """Return what the trainable says against the experiment: by its source where that is enough."""
    try:
        if experiment.function is not None or is_given_by_python(experiment.trainable):
            return compare(experiment, find_trainable(experiment, folder).signature)
        if experiment.resources.ray_address is not None:
            refuse_to_send(experiment.trainable, folder)
        signature = read_signature(experiment.trainable, folder)
    except UserError as error:
        return list(error.faults)
    if signature is not None:
        return compare(experiment, signature)
    return live_faults(experiment.trainable, folder, Given.of(experiment))


def make_plan(experiment: Experiment) -> Plan:
    """Return what the experiment would do on this machine."""
    return Plan(
        name=experiment.name,
        trainable=experiment.trainable,
        objective=[f"{goal.direction} {goal.metric}" for goal in experiment.goals],
        fixed=experiment.privacy.shown(experiment.params),
        searched={name: describe(p) for name, p in experiment.space.items()},
        sampler=_with_options(experiment.sampler.type, experiment.sampler.options),
        rungs=_rungs(experiment),
        slots=_slots(experiment),
        budget=_budget(experiment),
        notices=step_notices(experiment.space),
    )


def _with_options(kind: str, options: dict[str, Any]) -> str:
    shown = Privacy().hide(options)
    return ", ".join([kind, *(f"{name} {value}" for name, value in shown.items())])


def _rungs(experiment: Experiment) -> str:
    """Return the steps at which trials are compared, as Optuna's pruners define them."""
    kind, options = experiment.pruner.type, experiment.pruner.options
    if kind == "none":
        return "none: every trial runs until it is done"
    if kind in ("successive_halving", "hyperband") and isinstance(options.get("min_resource"), int):
        factor = options.get("reduction_factor", 4 if kind == "successive_halving" else 3)
        first = options["min_resource"] * factor ** options.get("min_early_stopping_rate", 0)
        steps = ", ".join(str(first * factor**index) for index in range(3))
        return f"{kind}: at the steps {steps}, …: the best 1/{factor} go on"
    if kind == "asha":
        first, factor = options.get("min_resource", 1), options.get("reduction_factor", 3)
        at = ", ".join(f"{first * factor**index:g}" for index in range(3))
        unit = options.get("unit", "steps")
        return f"asha: at {at}, … {unit}: the best 1/{factor} go on, the others wait their turn"
    if kind in ("successive_halving", "hyperband", "patient"):
        return _with_options(kind, options)
    warmup, interval = options.get("n_warmup_steps", 0), options.get("interval_steps", 1)
    text = f"{kind}: at every report from step {warmup}"
    text += f", at most once every {interval} steps" if interval > 1 else ""
    startup = options.get("n_startup_trials", 0 if kind == "threshold" else 5)
    return f"{text}, after {count(startup, 'trial')}" if startup else text


def _slots(experiment: Experiment) -> str:
    resources = experiment.resources
    gpus = "a GPU where there is one"
    if resources.gpus_per_trial == "auto":
        gpus += ", shared by as many trials as its memory holds"
    elif resources.gpus_per_trial is not None:
        gpus = count(resources.gpus_per_trial, "GPU")
    each = f"each has {count(resources.cpus_per_trial, 'CPU')} and {gpus}"
    if resources.ray_address is not None:
        return f"as many as fit on the cluster at {redacted(resources.ray_address)}; {each}"
    fitting = int(_cpus() / resources.cpus_per_trial)
    slots = min(fitting, resources.parallel_trials or fitting, experiment.budget.trials)
    return f"{slots}, on the {count(_cpus(), 'CPU')} of this machine; {each}"


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _budget(experiment: Experiment) -> str:
    budget = experiment.budget
    parts = [count(budget.trials, "trial")]
    if budget.minutes is not None:
        parts.append(count(budget.minutes, "minute"))
    if budget.target is not None:
        parts.append(f"until {experiment.goals[0].metric} is {budget.target:g}")
    if budget.patience_trials is not None:
        parts.append(f"{count(budget.patience_trials, 'trial')} without a better one")
    return ", or ".join(parts) + f"; {_failures(budget)}"


def _failures(budget: Budget) -> str:
    limits = []
    if budget.failed_trials is not None:
        limits.append(f"after {count(budget.failed_trials, 'failed trial')}")
    if budget.failed_in_a_row is not None:
        limits.append(f"after {count(budget.failed_in_a_row, 'failed trial')} in a row")
    if budget.failed_share is not None:
        limits.append(f"if {budget.failed_share:.0%} of the last {RECENT} failed")
    return f"stops {', or '.join(limits)}" if limits else "goes on however many trials fail"
