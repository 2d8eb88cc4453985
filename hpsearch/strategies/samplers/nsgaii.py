"""NSGA-II: breeds a population, for several objectives and constraints."""

from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler

SAMPLER: SamplerKind = OptunaSampler(
    "nsgaii", "NSGAIISampler", limits={"population_size": (2, 10_000)}
)
