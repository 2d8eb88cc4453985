"""CMA-ES: evolves a population of numbers."""

from hpsearch.common.errors import Fault
from hpsearch.experiment import Experiment
from hpsearch.strategies import faults
from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler


def _misfits(experiment: Experiment) -> list[Fault]:
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


SAMPLER: SamplerKind = OptunaSampler(
    "cmaes",
    "CmaEsSampler",
    limits={"popsize": (2, 10_000), "sigma0": (1e-12, 1e12)},
    misfits=_misfits,
    is_live=True,
)
