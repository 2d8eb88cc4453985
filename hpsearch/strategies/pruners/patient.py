"""Stops what `wrapped_pruner` would, after `patience` steps without a better value."""

from hpsearch.common.errors import UserError
from hpsearch.strategies import faults
from hpsearch.strategies.kind import PrunerKind
from hpsearch.strategies.optuna_pruner import Options, OptunaPruner, by_options


def _wrapped(options: Options) -> Options:
    """Return the pruner that `wrapped_pruner` describes: a `type`, and options beside it."""
    wrapped = options.get("wrapped_pruner")
    if wrapped is None:
        return {"wrapped_pruner": None}
    if not isinstance(wrapped, dict):
        expected = "`{type: median}`, with options beside its type, or null"
        raise UserError(faults.wrong_option("pruner", "wrapped_pruner", wrapped, expected))
    name = wrapped.get("type", "none")
    from hpsearch.strategies.registry import all_pruners  # it imports this file

    known = {name: kind for name, kind in all_pruners().items() if isinstance(kind, OptunaPruner)}
    if name not in [*known]:  # a list: the name given may be unhashable
        expected = f"one of {', '.join(known)}"
        raise UserError(faults.wrong_option("pruner", "wrapped_pruner.type", name, expected))
    rest = {key: value for key, value in wrapped.items() if key != "type"}
    return {"wrapped_pruner": known[name].build_with(rest)}


PRUNER: PrunerKind = OptunaPruner(
    "patient",
    "PatientPruner",
    by_options,
    relaxed_by="`pruner.patience`",
    needs_options=True,
    derived=_wrapped,
)
