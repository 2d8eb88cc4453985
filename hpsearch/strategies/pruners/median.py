"""Stops a trial that is worse than the median of the others at the same step."""

from hpsearch.strategies.kind import PrunerKind
from hpsearch.strategies.optuna_pruner import COMPARING, OptunaPruner, at_reports

PRUNER: PrunerKind = OptunaPruner(
    "median",
    "MedianPruner",
    at_reports,
    {**COMPARING, "n_startup_trials": 5},
    is_aligned=True,
)
