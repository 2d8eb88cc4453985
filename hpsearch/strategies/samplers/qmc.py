"""Quasi-Monte Carlo: points spread evenly over the space, scrambled by the seed."""

from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler

SAMPLER: SamplerKind = OptunaSampler("qmc", "QMCSampler", defaults={"scramble": True})
