"""Successive halving that stops for good; `asha` pauses."""

from hpsearch.strategies.kind import PrunerKind
from hpsearch.strategies.optuna_pruner import HALVING, OptunaPruner, at_rungs

PRUNER: PrunerKind = OptunaPruner(
    "successive_halving",
    "SuccessiveHalvingPruner",
    at_rungs,
    {"reduction_factor": 4},
    relaxed_by="`pruner.min_resource`",
    limits=HALVING,
)
