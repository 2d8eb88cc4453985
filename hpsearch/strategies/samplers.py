"""Optuna's samplers as kinds; grid and brute force, which come to an end, stand in `exhaustive.py`.

Optuna is imported only where a sampler is built, or has options to check.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hpsearch.common.errors import Fault, UserError
from hpsearch.experiment import Experiment, SamplerType, count_values
from hpsearch.strategies import faults
from hpsearch.strategies.options import Limits, OptionRules, faults_of, with_options
from hpsearch.strategies.quiet import quiet

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

MOST_GP_VALUES = 10_000_000
"""Values of one stepped parameter: Optuna's gp sampler lists all of them in memory."""


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
    """One of Optuna's samplers; see `SamplerKind`."""

    name: SamplerType
    class_name: str
    limits: Limits = field(default_factory=dict)
    misfits: Callable[[Experiment], list[Fault]] = fits
    """Why it would break amid the search; looked at before Optuna is."""
    derived: Callable[[Experiment], Mapping[str, Any]] = derives_nothing
    """Arguments of the class that are made from the experiment."""
    configurations: Callable[[Experiment], int | None] = is_endless
    module: str = "optuna.samplers"
    allows_lookahead: bool = True
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
            made: BaseSampler = rules.make(build, experiment.sampler.options, derived)
        return made


def _gp_misfits(experiment: Experiment) -> list[Fault]:
    return [
        faults.space_unfit_for_sampler(
            "gp", f"`{name}` has {values:,} values; at most {MOST_GP_VALUES:,} fit into memory."
        )
        for name, parameter in experiment.space.items()
        if (values := count_values(parameter) or 0) > MOST_GP_VALUES
    ]


def _cmaes_misfits(experiment: Experiment) -> list[Fault]:
    """Return the fault of a start that is not in the range of each number."""
    start = experiment.sampler.options.get("x0")
    numbers = {n: p for n, p in experiment.space.items() if p.type != "categorical"}
    if not isinstance(start, dict) or all(
        _is_in_range(start.get(name), one.low, one.high) for name, one in numbers.items()
    ):
        return []
    expected = f"a start in its range for each of {', '.join(numbers)}"
    return [faults.wrong_option("sampler", "x0", start, expected)]


def _is_in_range(value: object, low: float, high: float) -> bool:
    return type(value) in (int, float) and low <= value <= high  # type: ignore[operator]


OPTUNA_SAMPLERS = (
    OptunaSampler(
        "tpe", "TPESampler", limits={"prior_weight": (0, 1e6), "n_ei_candidates": (1, 100_000)}
    ),
    OptunaSampler("gp", "GPSampler", misfits=_gp_misfits),
    OptunaSampler("random", "RandomSampler"),
    OptunaSampler("qmc", "QMCSampler"),
    OptunaSampler(
        "cmaes",
        "CmaEsSampler",
        limits={"popsize": (2, 10_000), "sigma0": (1e-12, 1e12)},
        misfits=_cmaes_misfits,
    ),
)
