"""Stops a trial whose value is below `lower` or above `upper`."""

from hpsearch.strategies.kind import PrunerKind
from hpsearch.strategies.optuna_pruner import COMPARING, OptunaPruner, at_reports

PRUNER: PrunerKind = OptunaPruner(
    "threshold",
    "ThresholdPruner",
    at_reports,
    COMPARING,
    relaxed_by="`pruner.lower` and `pruner.upper`",
    needs_options=True,
    one_of=("lower", "upper"),
)
