"""The values that people expect to be good: whether a parameter can have them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hpsearch.common.trial import Value
from hpsearch.experiment.existence import existing_values
from hpsearch.experiment.flat_space import FlatSpace
from hpsearch.experiment.lists import List
from hpsearch.experiment.requirements import completion_misfit
from hpsearch.experiment.space import Space
from hpsearch.experiment.suggestion_fit import fitting_values, wrong_value

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment

KEYS = ("prior", "prior_weight")


def prior_problems(space: FlatSpace) -> Iterator[str]:
    """Find priors that their parameters cannot have, each as `what; fix`."""
    for name, one in space.written.items():
        parameter = one.of if isinstance(one, List) else one
        if parameter.prior is not None and not fitting_values(parameter, parameter.prior):
            key = f"space.{name}.of.prior" if isinstance(one, List) else f"space.{name}.prior"
            misfit = wrong_value(key, parameter, parameter.prior)
            yield f"{misfit.what}, but {misfit.why}; {misfit.fix.rstrip('?.')}"


def prior_conflicts(experiment: "Experiment") -> list[str]:
    """Return why the priors together can never be tried, as `what; fix`."""
    if not experiment.parameter_constraints or [*prior_problems(experiment.space)]:
        return []
    expected = existing_values(experiment.space, priors_of(experiment.space))
    if not completion_misfit(experiment, expected):
        return []
    names, texts = _quoted(expected), _quoted(experiment.parameter_constraints)
    return [f"the priors of {names} cannot keep {texts}; change one of them, or leave it out"]


def priors_of(space: Space) -> dict[str, Value]:
    """Return the expected values in the space's own values, by parameter."""
    return {
        name: fitting_values(one, one.prior)[0]
        for name, one in space.items()
        if one.prior is not None
    }


def without_priors(space: dict[str, Any]) -> dict[str, Any]:
    """Return a space as plain data without priors: they say nothing of what a trial means."""
    return {name: _without(one) for name, one in space.items()}


def _without(parameter: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in parameter.items() if key not in KEYS}
    return {**kept, "of": _without(kept["of"])} if "of" in kept else kept


def _quoted(names: Iterable[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
