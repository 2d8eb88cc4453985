"""A sampler with Optuna's interface as a kind, one of Optuna's or of ours; see `samplers/`.

Optuna is imported only when a sampler is built, or has options to check.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hpsearch.common.errors import Fault, UserError
from hpsearch.experiment import Experiment, SamplerType
from hpsearch.strategies.automatic import settled
from hpsearch.strategies.options import Limits, OptionRules, faults_of, with_options
from hpsearch.strategies.quiet import quiet

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def fits(experiment: Experiment) -> list[Fault]:
    """Return no faults: the sampler can search every space."""
    return []


def derives_nothing(experiment: Experiment) -> Mapping[str, Any]:
    """Return no arguments beyond the options and the seed."""
    return {}


def is_endless(experiment: Experiment) -> int | None:
    """Return None: there is no last configuration."""
    return None


@dataclass(frozen=True)
class OptunaSampler:
    """A class of samplers; see `SamplerKind`."""

    name: SamplerType
    class_name: str
    limits: Limits = field(default_factory=dict)
    misfits: Callable[[Experiment], list[Fault]] = fits
    """Return why it would fail during the search; checked before Optuna is imported."""
    derived: Callable[[Experiment], Mapping[str, Any]] = derives_nothing
    """Arguments of the class that are made from the experiment."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Options that have another default than the class's own."""
    configurations: Callable[[Experiment], int | None] = is_endless
    module: str = "optuna.samplers"
    allows_lookahead: bool = True
    is_live: bool = False
    """Whether it sees what running and stopped trials reported; see `live.py`."""
    takes_warm_start: bool = False
    random_every_with_asha: int | None = None
    """With asha so many proposals have a random one among them: what is good early may not last."""
    section: ClassVar[Literal["sampler"]] = "sampler"

    def validate(self, experiment: Experiment) -> list[Fault]:
        """Return what is wrong with its options, or with the space for it."""
        found = self.misfits(experiment)
        if found or not experiment.sampler.options:
            return found
        return faults_of(lambda: self.build(experiment))

    def describe(self, experiment: Experiment) -> str:
        """Return it with its options, for the plan."""
        return with_options(self.name, experiment.sampler.options)

    def build(self, experiment: Experiment) -> "BaseSampler":
        """Return the sampler. The order of a grid and the scramble of qmc go by this seed."""
        if found := self.misfits(experiment):
            raise UserError(*found)
        build = getattr(import_module(self.module), self.class_name)
        derived = {"seed": experiment.seed % 2**32, **self.derived(experiment)}
        rules = OptionRules(self.section, self.name, self.limits)
        with quiet():
            options = {**self.defaults, **experiment.sampler.options}
            made: BaseSampler = rules.make(build, options, derived)
        is_ours = self.module != "optuna.samplers"  # it looks at earlier studies itself
        if self.takes_warm_start and experiment.warm_start and not is_ours:
            from hpsearch.strategies.warm_start import WarmSampler

            made = WarmSampler(made, experiment)
        return self._live(made, experiment) if self.is_live else made

    def _live(self, sampler: "BaseSampler", experiment: Experiment) -> "BaseSampler":
        from hpsearch.strategies.live import LiveSampler

        is_pausing = settled(experiment).pruner.type == "asha"
        every = self.random_every_with_asha if is_pausing else None
        return LiveSampler(sampler, experiment.goals, every)
