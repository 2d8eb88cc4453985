"""The values that people expect to be good: whether a parameter can have them."""

from collections.abc import Iterator
from typing import Any

from hpsearch.common.trial import Value
from hpsearch.experiment.flat_space import FlatSpace
from hpsearch.experiment.lists import List
from hpsearch.experiment.space import Space
from hpsearch.experiment.suggestion_fit import fitting_values, wrong_value

KEYS = ("prior", "prior_weight")


def prior_problems(space: FlatSpace) -> Iterator[str]:
    """Find priors that their parameters cannot have, each as `what; fix`."""
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
