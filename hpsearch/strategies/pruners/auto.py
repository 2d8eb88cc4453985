"""Chooses the pruner by the sampler, and its first rung by the training: see `automatic.py`."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from hpsearch.common.errors import Fault
from hpsearch.experiment import Experiment, PrunerType
from hpsearch.strategies import faults
from hpsearch.strategies.automatic import FIRST_RUNG, chosen_pruner
from hpsearch.strategies.kind import PausingRule, PrunerKind
from hpsearch.strategies.last_steps import planned_steps
from hpsearch.strategies.population import population_of
from hpsearch.strategies.pruners.asha import Halving

if TYPE_CHECKING:
    from optuna.pruners import BasePruner


@dataclass(frozen=True)
class Auto:
    """The kind; see `PrunerKind`."""

    name: PrunerType = "auto"
    relaxed_by: str = "the first rung (`pruner: {type: asha, min_resource: …}`)"
    section: ClassVar[Literal["pruner"]] = "pruner"

    def validate(self, experiment: Experiment) -> list[Fault]:
        """Return the options as faults: it takes none."""
        return [faults.option_without_type(self.section, one) for one in experiment.pruner.options]

    def describe(self, experiment: Experiment) -> str:
        """Return what is chosen and why, for the plan."""
        kind, why = chosen_pruner(experiment)
        length = planned_steps(experiment.params)
        said = kind if kind == "none" else _rungs(experiment).describe(length)
        return f"auto: {said}; {why}"

    def next_step(self, experiment: Experiment, reported: Collection[int]) -> float:
        """Return infinity: it only pauses."""
        return math.inf

    def build(self, experiment: Experiment) -> "BasePruner":
        """Return what stops nothing for good."""
        from optuna.pruners import NopPruner

        return NopPruner()

    def pausing(self, experiment: Experiment) -> PausingRule:
        """Return the rungs, empty, or the population of pbt."""
        if experiment.sampler.type == "pbt":
            return population_of(experiment)
        return _rungs(experiment)


def _rungs(experiment: Experiment) -> Halving:
    return Halving(experiment.goals, 1, first_share=FIRST_RUNG)


PRUNER: PrunerKind = Auto()
