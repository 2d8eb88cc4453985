"""The kinds of samplers and pruners by name: which an experiment can choose, and what each does.

This is all that the experiment knows of a kind; the rest is the file of that name in
`strategies/samplers/` or `strategies/pruners/`, and a test compares both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SamplerType = Literal[
    "auto", "tpe", "forest", "gp", "random", "qmc", "cmaes", "nsgaii", "pbt", "grid", "brute_force"
]
PrunerType = Literal[
    "auto",
    "median",
    "percentile",
    "successive_halving",
    "hyperband",
    "threshold",
    "patient",
    "asha",
    "none",
]


@dataclass(frozen=True)
class About:
    """A kind in one line, and whether it can be used with several objectives."""

    summary: str
    several_objectives: bool


SAMPLERS: Mapping[SamplerType, About] = {
    "auto": About(
        "chooses by the space, the budget and the objectives; `validate` says what", True
    ),
    "tpe": About("learns where good values lie (tree-structured Parzen estimator)", True),
    "forest": About("learns from every report of every trial (randomised trees)", True),
    "gp": About("models the objective with a Gaussian process, for few and long trials", True),
    "random": About("draws each value at random", True),
    "qmc": About("spreads the trials evenly over the space (quasi-Monte Carlo)", True),
    "cmaes": About("evolves a population of numbers (CMA-ES)", False),
    "nsgaii": About("breeds a population, for several objectives (NSGA-II)", True),
    "pbt": About(
        "trains a population and changes hyperparameters during training: after each `interval` "
        "copies of the best `quantile` replace the worst (population based training)",
        False,
    ),
    "grid": About("tries every combination once, also with `when`", True),
    "brute_force": About("tries every combination once, also with `when`", True),
}

PRUNERS: Mapping[PrunerType, About] = {
    "auto": About("asha with a first rung of its own; with pbt none", True),
    "median": About("stops what is worse than the median of the others at the same step", False),
    "percentile": About("stops what is not in the best `percentile` percent at the step", False),
    "successive_halving": About("stops all but the best 1/`reduction_factor` at each rung", False),
    "hyperband": About("runs several successive halvings, each with another first rung", False),
    "threshold": About("stops what is below `lower` or above `upper`", False),
    "patient": About(
        "stops what `wrapped_pruner` would, after `patience` steps without a better value", False
    ),
    "asha": About(
        "pauses trials at rungs and promotes the best later: `min_resource` is the first rung; "
        "the best 1/`reduction_factor` continue to the next, `reduction_factor` times as far; "
        "`unit` is steps, or seconds of training; of several objectives what so many others "
        "dominate is paused",
        True,
    ),
    "none": About("stops nothing", True),
}


def listed(kinds: Mapping[Any, About]) -> str:
    """Return the kinds with their summaries as one text, for people."""
    return "; ".join(f"{name}: {about.summary}" for name, about in kinds.items()) + "."


def for_editors(kinds: Mapping[Any, About]) -> dict[str, Any]:
    """Return the summaries as editors look for them in a JSON Schema, beside `enum`."""
    return {"enumDescriptions": [about.summary for about in kinds.values()]}
