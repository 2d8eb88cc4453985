"""The values that people expect to be good: whether a parameter can have them."""

from collections.abc import Iterator, Mapping
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


def prior_problems(experiment: "Experiment") -> list[str]:
    """Return which priors their parameters cannot have, or not together, each as `what; fix`."""
    space = experiment.space
    return [*_outside(space)] or [*_forbidden(experiment, existing_values(space, priors_of(space)))]


def can_be_proposed(experiment: "Experiment", given: Mapping[str, Value]) -> bool:
    """Return whether these values keep the `parameter_constraints`, with some of the others."""
    return not completion_misfit(experiment, given)


def _forbidden(experiment: "Experiment", priors: Mapping[str, Value]) -> Iterator[str]:
    if not can_be_proposed(experiment, priors):
        names = ", ".join(f"`{name}`" for name in priors)
        yield f"the priors of {names} violate `parameter_constraints`; change one of them"


def _outside(space: FlatSpace) -> Iterator[str]:
    for name, one in space.written.items():
        parameter = one.of if isinstance(one, List) else one
        if parameter.prior is not None and not fitting_values(parameter, parameter.prior):
            key = f"space.{name}.of.prior" if isinstance(one, List) else f"space.{name}.prior"
            misfit = wrong_value(key, parameter, parameter.prior)
            yield f"{misfit.what}, but {misfit.why}; {misfit.fix.rstrip('?.')}"


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
