"""What Python code passes is checked, and becomes what use cases take."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from hpsearch.common.errors import UserError
from hpsearch.common.files import is_path
from hpsearch.experiment import Experiment
from hpsearch.study.faults import argument_unknown
from hpsearch.usecases import ImportRequest
from hpsearch.usecases.faults import argument_wrong

Keys = Mapping[str, object]


def refuse_unknown(sections: Iterable[str], function: Callable[..., object]) -> None:
    """Raise UserError if a name is neither a section nor an argument of the function."""
    own = inspect.signature(function).parameters
    known = {*Experiment.model_fields, *own} - {"sections", "experiment"}
    if wrong := [name for name in sections if name not in known]:
        raise UserError(*(argument_unknown(one, known) for one in wrong))


def budget_keys(trials: int | None, minutes: float | None, others: Keys | None) -> Keys:
    """Return totals of the budget, and other keys, by their path in the experiment."""
    if others is not None and not isinstance(others, Mapping):
        raise UserError(argument_wrong("set", others, "a mapping of keys to values"))
    totals = {"budget.trials": trials, "budget.minutes": minutes}
    return {key: value for key, value in totals.items() if value is not None} | {**(others or {})}


def import_request(
    origin: str | Path, names: Mapping[str, str] | None, study_name: str | None
) -> ImportRequest:
    """Return what is to be imported, from where; `names` has our names for theirs."""
    path_of("origin", origin)
    if not _are_names(names or {}):
        raise UserError(argument_wrong("map", names, "a mapping of their names to ours"))
    return ImportRequest(str(origin), {**(names or {})}, study_name)


def path_of(name: str, given: str | Path | None) -> Path | None:
    """Return an argument that is a path, or None; raises UserError if it is anything else."""
    if given is None:
        return None
    if not is_path(given):
        raise UserError(argument_wrong(name, given, "a path"))
    return Path(given)


def paths_of(name: str, given: Sequence[str | Path]) -> list[str]:
    """Return an argument that is a list of paths; raises UserError if it is anything else."""
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        raise UserError(argument_wrong(name, given, "a list of paths"))
    if wrong := [argument_wrong(name, one, "a path") for one in given if not is_path(one)]:
        raise UserError(*wrong)
    return list(map(str, given))


def _are_names(given: object) -> bool:
    """Return whether this is a mapping of names to names."""
    if not isinstance(given, Mapping):
        return False
    return all(isinstance(one, str) for one in (*given, *given.values()))
