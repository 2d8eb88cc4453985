"""Random search."""

from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler

SAMPLER: SamplerKind = OptunaSampler("random", "RandomSampler")
