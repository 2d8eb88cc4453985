"""Stops a trial that is not in the best `percentile` percent at its step."""

from hpsearch.strategies.kind import PrunerKind
from hpsearch.strategies.optuna_pruner import COMPARING, OptunaPruner, at_reports

PRUNER: PrunerKind = OptunaPruner(
    "percentile",
    "PercentilePruner",
    at_reports,
    {**COMPARING, "n_startup_trials": 5},
    needs_options=True,
    is_aligned=True,
)
