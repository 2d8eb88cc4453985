"""Population based training: see `strategies/population/`. It begins with members at random."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from hpsearch.common.errors import Fault
from hpsearch.experiment import Experiment, Sampler, SamplerType
from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.options import faults_of
from hpsearch.strategies.population import settings_of
from hpsearch.strategies.samplers import random

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True)
class Pbt:
    """The kind; see `SamplerKind`. The rule is `pausing` of the pruner `auto`."""

    name: SamplerType = "pbt"
    allows_lookahead: bool = False
    takes_warm_start: bool = False
    needs_options: bool = True
    section: ClassVar[Literal["sampler"]] = "sampler"

    def validate(self, experiment: Experiment) -> list[Fault]:
        """Return what is wrong with its options, or with the experiment for it."""
        return faults_of(lambda: settings_of(experiment))

    def describe(self, experiment: Experiment) -> str:
        """Return what happens when, for the plan."""
        return settings_of(experiment).describe()

    def configurations(self, experiment: Experiment) -> int | None:
        """Return None: there is no last configuration."""
        return None

    def build(self, experiment: Experiment) -> "BaseSampler":
        """Return what draws the members that train from the start; raises UserError."""
        settings_of(experiment)
        return random.SAMPLER.build(experiment.model_copy(update={"sampler": Sampler("random")}))


SAMPLER: SamplerKind = Pbt()
