"""What `auto` chooses, and why: the first rule that fits.

| sampler | if |
|---|---|
| brute_force | `budget.trials` is enough for every configuration, and no minutes are limited |
| tpe | there are several objectives, constraints, or earlier studies in `warm_start` |
| turns | else: tpe, and once a trial has reported twice tpe and forest by turns |

| pruner | if |
|---|---|
| none | the sampler is pbt, which has a rule of its own |
| asha | else; its first rung is the highest power of 3 within a 27th of the training |

The measurements are in docs/decisions.md (2026-11-26). `turns` has no name of its own in an
experiment: it is the sampler of `samplers/auto.py`.
"""

from typing import Literal

from hpsearch.common.text import count
from hpsearch.experiment import Experiment, Pruner, Sampler
from hpsearch.strategies.configurations import (
    count_configurations,
    why_not_listable,
    why_too_many,
)

FIRST_RUNG = 1 / 27
"""Of the training, at most: two rungs follow before its end."""


SamplerChoice = Literal["brute_force", "tpe", "turns"]
PrunerChoice = Literal["none", "asha"]


def chosen_sampler(experiment: Experiment) -> tuple[SamplerChoice, str]:
    """Return what proposes if the sampler is `auto`, and why."""
    budget = experiment.budget
    number = _configurations(experiment)
    if number is not None and number <= budget.trials and budget.minutes is None:
        why = f"{count(budget.trials, 'trial')} are enough for all {number} configurations"
        return "brute_force", why
    if len(experiment.goals) > 1:
        return "tpe", "there are several objectives"
    if experiment.goals[0].constraints:
        return "tpe", "it learns which trials violate the constraints"
    if experiment.warm_start:
        return "tpe", "it learns from the earlier studies"
    return "turns", "forest learns from every report, tpe from each trial's best value"


def chosen_pruner(experiment: Experiment) -> tuple[PrunerChoice, str]:
    """Return what stops trials if the pruner is `auto`, and why."""
    if experiment.sampler.type == "pbt":
        return "none", "pbt itself stops the worst"
    return "asha", "it finds good trials soonest"


def settled(experiment: Experiment) -> Experiment:
    """Return the experiment with the kinds that `auto` stands for, as far as they have names."""
    sampler, pruner = experiment.sampler, experiment.pruner
    if sampler.type == "auto" and (kind := chosen_sampler(experiment)[0]) != "turns":
        sampler = Sampler(type=kind)
    if pruner.type == "auto":
        pruner = Pruner(type=chosen_pruner(experiment)[0])
    return experiment.model_copy(update={"sampler": sampler, "pruner": pruner})


def _configurations(experiment: Experiment) -> int | None:
    """Return how many configurations there are; None if they cannot be listed, or for one only."""
    space = experiment.space
    if not space or any(why_not_listable(name, one) for name, one in space.items()):
        return None
    if why_too_many(experiment):
        return None
    return count_configurations(experiment)
