"""Rules across the sections of an experiment, which no section can check alone."""

from typing import TYPE_CHECKING

from hpsearch.common.errors import did_you_mean
from hpsearch.experiment.conditions import condition_problems
from hpsearch.experiment.derived import derived_problems
from hpsearch.experiment.flat_space import list_problems
from hpsearch.experiment.kinds import PRUNERS, SAMPLERS
from hpsearch.experiment.priors import prior_conflicts, prior_problems
from hpsearch.experiment.requirements import requirement_problems
from hpsearch.experiment.suggestions import suggestion_problems

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment


def consistency_problems(experiment: "Experiment") -> list[str]:
    """Return what does not fit together, each as `what; fix`."""
    in_space = _space_problems(experiment)
    return [
        *in_space,
        *([] if in_space else _value_problems(experiment)),
        *prior_problems(experiment.space),
        *_objective_problems(experiment),
        *_secrets_problems(experiment),
        *_resources_problems(experiment),
    ]


def _value_problems(experiment: "Experiment") -> list[str]:
    requirements = requirement_problems(experiment)
    return requirements or [*suggestion_problems(experiment), *prior_conflicts(experiment)]


def _space_problems(experiment: "Experiment") -> list[str]:
    problems = [
        f"`{name}` is in both `params` and `space`; keep one of them"
        for name in sorted(experiment.params.keys() & experiment.space.written.keys())
    ]
    names = {*experiment.params, *experiment.space.written}
    problems += [
        f"`{group}` is a hyperparameter and the group of `{name}`; rename one of them"
        for name in sorted(names)
        for group in sorted(names)
        if name.startswith(f"{group}.")
    ]
    problems += list_problems(experiment.space, experiment.params)
    return [
        *problems,
        *condition_problems(experiment.space),
        *derived_problems(experiment),
    ]


def _objective_problems(experiment: "Experiment") -> list[str]:
    metrics = [objective.metric for objective in experiment.objective]
    problems = []
    if len(set(metrics)) < len(metrics):
        problems.append("`objective` names a metric twice; keep one of them")
    if len(metrics) > 1 and not PRUNERS[experiment.pruner.type].several_objectives:
        problem = f"the {experiment.pruner.type} pruner takes a single objective"
        problems.append(
            f"{problem}; use another one, such as `{{type: asha}}`, or `{{type: none}}`"
        )
    if len(metrics) > 1 and not SAMPLERS[experiment.sampler.type].several_objectives:
        problem = f"the {experiment.sampler.type} sampler takes a single objective"
        problems.append(f"{problem}; use another sampler, such as `{{type: tpe}}`")
    for key in ("target", "stop_when_unlikely"):
        if len(metrics) > 1 and getattr(experiment.budget, key) is not None:
            problems.append(f"`budget.{key}` needs a single objective; remove it")
    return problems


def _secrets_problems(experiment: "Experiment") -> list[str]:
    """Return what is wrong with `secrets`: a misspelt name would hide nothing."""
    problems = []
    for name in experiment.secrets:
        if name in experiment.space:
            problems.append(
                f"`secrets` names `{name}`, which is searched, so nobody could read the result; "
                f"remove it from `secrets`, or move `{name}` to `params`"
            )
        elif name not in experiment.params:
            hint = did_you_mean(name, experiment.params).rstrip("?.")
            problems.append(f"`secrets` names `{name}`, which is not in `params`; {hint}")
    return problems


def _resources_problems(experiment: "Experiment") -> list[str]:
    resources = experiment.resources
    if resources.workers_per_trial > 1 and resources.gpus_per_trial == "auto":
        problem = "`resources.gpus_per_trial: auto` lets trials of one worker share a GPU"
        return [f"{problem}; set a number, or `workers_per_trial: 1`"]
    return []
