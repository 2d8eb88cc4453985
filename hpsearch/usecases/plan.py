"""What an experiment would do, found without running any of it: faults, rungs, slots, budget.

Loads neither torch, ray nor mlflow; the strategies describe themselves, without Optuna.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.redaction import redacted
from hpsearch.common.text import count
from hpsearch.engine import RECENT
from hpsearch.experiment import (
    Budget,
    Experiment,
    condition_notices,
    describe_parameter,
    is_given_by_python,
    step_notices,
)
from hpsearch.strategies import pruner_of, sampler_of
from hpsearch.trainable import (
    Given,
    command_faults,
    compare,
    live_faults,
    read_signature,
    refuse_to_send,
)
from hpsearch.usecases.model import find_trainable
from hpsearch.workers import sent_folder


@dataclass(frozen=True)
class Plan:
    """What would run, in words and numbers; `notices` is what else a person should know.

    `next_step` says which command to run now.
    """

    name: str
    trainable: str
    objective: list[str]
    constraints: list[str]
    parameter_constraints: list[str]
    fixed: dict[str, Any]
    searched: dict[str, str]
    sampler: str
    pruner: str
    slots: str
    sent: str | None
    budget: str
    notices: list[str]
    next_step: str = ""


def trainable_faults(experiment: Experiment, folder: Path) -> list[Fault]:
    """Return what the trainable says against the experiment: by its source if that is enough."""
    try:
        if experiment.command is not None:
            return command_faults(experiment.command, experiment, folder)
        if experiment.function is not None or is_given_by_python(experiment.reference):
            return compare(Given.of(experiment), find_trainable(experiment, folder).signature)
        if experiment.resources.ray_address is not None:
            sent = sent_folder(experiment.resources, folder)
            refuse_to_send(experiment.reference, folder, sent)
        signature = read_signature(experiment.reference, folder)
    except UserError as error:
        return list(error.faults)
    if signature is not None:
        return compare(Given.of(experiment), signature)
    return live_faults(experiment.reference, folder, Given.of(experiment))


def make_plan(experiment: Experiment, notices: Sequence[str] = (), sent: str | None = None) -> Plan:
    """Return what the experiment would do; `notices`, and what is `sent`, were found elsewhere."""
    space = experiment.space
    return Plan(
        name=experiment.name,
        trainable=experiment.reference,
        objective=[goal.label for goal in experiment.goals],
        constraints=[one.label for one in experiment.goals[0].constraints],
        parameter_constraints=list(experiment.parameter_constraints),
        fixed=experiment.privacy.shown(experiment.params),
        searched={name: describe_parameter(p) for name, p in space.written.items()},
        sampler=sampler_of(experiment).describe(experiment),
        pruner=pruner_of(experiment).describe(experiment),
        slots=_slots(experiment),
        sent=sent,
        budget=_budget(experiment),
        notices=[*step_notices(space), *condition_notices(space), *notices],
    )


def _slots(experiment: Experiment) -> str:
    resources = experiment.resources
    gpus = "a GPU if there is one"
    if resources.gpus_per_trial == "auto":
        gpus += ", shared by as many trials as its memory holds"
    elif resources.gpus_per_trial is not None:
        gpus = count(resources.gpus_per_trial, "GPU")
    workers = resources.workers_per_trial
    of = f"{count(workers, 'worker')}, each with " if workers > 1 else ""
    each = f"each has {of}{count(resources.cpus_per_trial, 'CPU')} and {gpus}"
    if resources.ray_address is not None:
        return f"as many as fit on the cluster at {redacted(resources.ray_address)}; {each}"
    return f"{local_slots(experiment)}, on the {count(_cpus(), 'CPU')} of this machine; {each}"


def local_slots(experiment: Experiment) -> int:
    """Return how many trials run at a time on this machine, by its CPUs."""
    resources = experiment.resources
    fitting = int(_cpus() / resources.cpus_per_trial) // resources.workers_per_trial
    return min(fitting, resources.parallel_trials or fitting, experiment.budget.trials)


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _budget(experiment: Experiment) -> str:
    budget = experiment.budget
    parts = [count(budget.trials, "trial")]
    if experiment.suggestions:
        parts[0] += f", the first {len(experiment.suggestions)} as suggested"
    if budget.minutes is not None:
        parts.append(count(budget.minutes, "minute"))
    if budget.target is not None:
        parts.append(f"until {experiment.goals[0].metric} is {budget.target:g}")
    if budget.patience_trials is not None:
        parts.append(f"{count(budget.patience_trials, 'trial')} without a better one")
    if budget.stop_when_unlikely is not None:
        chance = f"{budget.stop_when_unlikely:.2g}"
        parts.append(f"until another hour brings a better one with a chance of {chance} at most")
    return ", or ".join(parts) + f"; {_failures(budget)}"


def _failures(budget: Budget) -> str:
    limits = []
    if budget.failed_trials is not None:
        limits.append(f"after {count(budget.failed_trials, 'failed trial')}")
    if budget.failed_in_a_row is not None:
        limits.append(f"after {count(budget.failed_in_a_row, 'failed trial')} in a row")
    if budget.failed_share is not None:
        limits.append(f"if {budget.failed_share:.0%} of the last {RECENT} failed")
    return f"stops {', or '.join(limits)}" if limits else "does not stop if trials fail"
