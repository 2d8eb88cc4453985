"""Several successive halvings, each with another first rung."""

from hpsearch.strategies.kind import PrunerKind
from hpsearch.strategies.optuna_pruner import HALVING, OptunaPruner, at_rungs

PRUNER: PrunerKind = OptunaPruner(
    "hyperband",
    "HyperbandPruner",
    at_rungs,
    {"reduction_factor": 3},
    relaxed_by="`pruner.min_resource`",
    limits=HALVING,
)
