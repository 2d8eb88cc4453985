"""Tree-structured Parzen estimator: Optuna's default, on live trials."""

from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler

SAMPLER: SamplerKind = OptunaSampler(
    "tpe",
    "TPESampler",
    limits={"prior_weight": (0, 1e6), "n_ei_candidates": (1, 100_000)},
    is_live=True,
    takes_warm_start=True,
    random_every_with_asha=3,
)
