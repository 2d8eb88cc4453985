"""What can be wrong with population based training; a test renders each fault."""

from collections.abc import Iterable

from hpsearch.common.errors import Fault, did_you_mean


def pruner_beside_pbt(pruner: str) -> Fault:
    return Fault(
        "pruner-beside-pbt",
        f"the sampler is pbt, and `pruner.type` is {pruner}.",
        "pbt itself stops the worst members of its population and pauses the others.",
        "remove `pruner`.",
    )


def steps_unknown() -> Fault:
    return Fault(
        "unknown-length",
        "the pbt sampler cannot tell how many steps a training has.",
        "nothing in `params`, such as `epochs` or `steps`, says it.",
        "set `sampler.steps` to the number of steps that the trainable reports.",
    )


def interval_too_long(interval: int, steps: int) -> Fault:
    return Fault(
        "interval-too-long",
        f"`sampler.interval` is {interval}, and a training has {steps} steps.",
        "members are compared after each interval, and the end of the training is too late.",
        "set a shorter `sampler.interval`, or train longer.",
    )


def nobody_replaced(population: int, quantile: float) -> Fault:
    return Fault(
        "nobody-replaced",
        f"`sampler.quantile` {quantile:g} of a `population` of {population} is no whole member.",
        "that many are replaced after each interval.",
        "raise `sampler.population` or `sampler.quantile`.",
    )


def population_over_budget(population: int, trials: int) -> Fault:
    return Fault(
        "population-over-budget",
        f"`sampler.population` is {population}, and `budget.trials` is {trials}.",
        "each member is a trial, and each copy that replaces one is another.",
        "raise `budget.trials`, or lower `sampler.population`.",
    )


def nothing_changes(space: Iterable[str]) -> Fault:
    return Fault(
        "nothing-changes",
        "the pbt sampler has no hyperparameter that it may change during training.",
        "by default it changes the floats of the space; others often change the model's shape, "
        "and a checkpoint does not fit another shape.",
        f"list those that may in `sampler.change`; the space has {', '.join(space) or 'none'}.",
    )


def not_searched(name: str, space: Iterable[str]) -> Fault:
    return Fault(
        "not-searched",
        f"`sampler.change` has {name}, which is not in the space.",
        "pbt changes only hyperparameters that are searched.",
        did_you_mean(name, space),
    )
