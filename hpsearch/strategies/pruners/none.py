"""Stops nothing."""

from hpsearch.strategies.kind import PrunerKind
from hpsearch.strategies.optuna_pruner import Options, OptunaPruner


def _never(kind: OptunaPruner, options: Options) -> str:
    return f"{kind.name}: every trial runs until it is done"


PRUNER: PrunerKind = OptunaPruner("none", "NopPruner", _never)
