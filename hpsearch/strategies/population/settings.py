"""The options of population based training, and what is wrong with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.text import count, shortened
from hpsearch.experiment import Experiment, Float
from hpsearch.strategies.last_steps import planned_steps
from hpsearch.strategies.options import Limits, OptionRules
from hpsearch.strategies.population import faults

LIMITS: Limits = {
    "population": (2, 10_000),
    "interval": (1, 1e15),
    "steps": (2, 1e15),
    "quantile": (1e-4, 0.5),
    "resample": (0, 1),
}
INTERVALS = 10
"""So many parts a training has, if no `interval` is given."""


@dataclass(frozen=True)
class Settings:
    """How a population trains: `steps` long, compared every `interval` of them.

    At each comparison the worst `quantile` is replaced by copies of the best one. In a copy the
    hyperparameters in `change` are other ones: drawn anew with the chance `resample`, else nearby.
    """

    population: int
    interval: int
    steps: int
    quantile: float
    resample: float
    change: tuple[str, ...]

    @property
    def last_interval(self) -> int:
        """The number of comparisons: none is where training ends, counted from 0 or from 1."""
        return ceil((self.steps - 1) / self.interval) - 1

    @property
    def replaced(self) -> int:
        """How many of a whole population are replaced at a comparison."""
        return int(self.population * self.quantile + 1e-9)

    @property
    def trials(self) -> int:
        """How many trials one population has, if all members train to the end."""
        return self.population + self.replaced * self.last_interval

    def describe(self) -> str:
        """Return what happens when, for the plan."""
        return (
            f"pbt: {self.population} members train {count(self.steps, 'step')}; every "
            f"{count(self.interval, 'step')} copies of the best {self.replaced} take the places of "
            f"the worst {self.replaced}, with {', '.join(self.change)} changed; a population has "
            f"{count(self.trials, 'trial')}"
        )


def settings_of(experiment: Experiment) -> Settings:
    """Return the options of an experiment; raises UserError with all that is wrong with them."""

    def build(
        *,
        population: int = 8,
        interval: int | None = None,
        steps: int | None = None,
        quantile: float = 0.25,
        resample: float = 0.25,
        change: list[str] | None = None,
    ) -> Settings:
        length = steps or planned_steps(experiment.params) or 0
        interval = interval or max(1, round(length / INTERVALS))
        names = tuple(_floats(experiment) if change is None else change)
        return Settings(population, interval, length, float(quantile), float(resample), names)

    made = OptionRules("sampler", "pbt", LIMITS).make(build, experiment.sampler.options, {})
    if found := [*_wrong(made, experiment)]:
        raise UserError(*found)
    return made


def _wrong(settings: Settings, experiment: Experiment) -> Iterator[Fault]:
    if experiment.pruner.type != "auto":
        yield faults.pruner_beside_pbt(experiment.pruner.type)
    if not settings.steps:
        yield faults.steps_unknown()
    elif settings.last_interval < 1:
        yield faults.interval_too_long(settings.interval, settings.steps)
    if not settings.replaced:
        yield faults.nobody_replaced(settings.population, settings.quantile)
    if settings.population > experiment.budget.trials:
        yield faults.population_over_budget(settings.population, experiment.budget.trials)
    yield from _wrong_names(settings.change, experiment)


def _wrong_names(names: Sequence[str], experiment: Experiment) -> Iterator[Fault]:
    if not names:
        yield faults.nothing_changes(experiment.space)
    for name in names:
        if not isinstance(name, str) or name not in experiment.space:
            yield faults.not_searched(shortened(name), experiment.space)


def _floats(experiment: Experiment) -> list[str]:
    """Return the hyperparameters that are unlikely to change the shape of a model."""
    return [name for name, one in experiment.space.items() if isinstance(one, Float)]
