"""Randomised trees over hyperparameters and steps: see `strategies/forest/`."""

from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler

SAMPLER: SamplerKind = OptunaSampler(
    "forest",
    "ForestSampler",
    limits={"n_startup_trials": (1, 1e6)},
    derived=lambda experiment: {"experiment": experiment},
    takes_warm_start=True,
    module="hpsearch.strategies.forest.sampler",
)
