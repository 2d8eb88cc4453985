"""Chooses the sampler by the space, the budget and the objectives: see `automatic.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from hpsearch.common.errors import Fault
from hpsearch.experiment import Experiment, SamplerType
from hpsearch.strategies import faults
from hpsearch.strategies.automatic import chosen_sampler, settled
from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler
from hpsearch.strategies.samplers import brute_force, tpe

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

TURNS = OptunaSampler(
    "auto",
    "TurnsSampler",
    derived=lambda experiment: {"experiment": experiment},
    module="hpsearch.strategies.turns",
)
KINDS: Mapping[str, SamplerKind] = {
    "brute_force": brute_force.SAMPLER,
    "tpe": tpe.SAMPLER,
    "turns": TURNS,
}
SAID = {"turns": "tpe and forest by turns, tpe alone until a trial has reported twice"}


@dataclass(frozen=True)
class Auto:
    """The kind; see `SamplerKind`."""

    name: SamplerType = "auto"
    allows_lookahead: bool = True
    takes_warm_start: bool = True
    section: ClassVar[Literal["sampler"]] = "sampler"

    def validate(self, experiment: Experiment) -> list[Fault]:
        """Return the options as faults: it takes none."""
        return [faults.option_without_type(self.section, one) for one in experiment.sampler.options]

    def describe(self, experiment: Experiment) -> str:
        """Return what is chosen and why, for the plan."""
        kind, why = chosen_sampler(experiment)
        return f"auto: {SAID.get(kind, kind)}; {why}"

    def configurations(self, experiment: Experiment) -> int | None:
        """Return how many different trials there are, if each is tried."""
        return self._kind(experiment).configurations(experiment)

    def build(self, experiment: Experiment) -> "BaseSampler":
        """Return the sampler that is chosen."""
        return self._kind(experiment).build(settled(experiment))

    def _kind(self, experiment: Experiment) -> SamplerKind:
        return KINDS[chosen_sampler(experiment)[0]]


SAMPLER: SamplerKind = Auto()
