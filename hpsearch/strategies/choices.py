"""Optuna's samplers and pruners by the names that the experiment gives them.

Options are compared with the real signature of Optuna's class, so a new Optuna needs no change
here.
"""

import inspect
import itertools
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from hpsearch.common import faults
from hpsearch.common.errors import Fault, UserError
from hpsearch.common.trial import Value
from hpsearch.experiment.schema import Experiment
from hpsearch.experiment.space import CategoricalParameter, FloatParameter, IntParameter, Parameter
from hpsearch.strategies.halving import Halving

SAMPLERS: Mapping[str, Callable[..., BaseSampler]] = {
    "tpe": optuna.samplers.TPESampler,
    "gp": optuna.samplers.GPSampler,
    "random": optuna.samplers.RandomSampler,
    "qmc": optuna.samplers.QMCSampler,
    "cmaes": optuna.samplers.CmaEsSampler,
    "grid": optuna.samplers.GridSampler,
    "brute_force": optuna.samplers.BruteForceSampler,
}

PRUNERS: Mapping[str, Callable[..., BasePruner]] = {
    "median": optuna.pruners.MedianPruner,
    "percentile": optuna.pruners.PercentilePruner,
    "successive_halving": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
    "threshold": optuna.pruners.ThresholdPruner,
    "patient": optuna.pruners.PatientPruner,
    "none": optuna.pruners.NopPruner,
    "asha": optuna.pruners.NopPruner,  # Optuna's can only stop; see `make_halving`
}

OURS = {"seed", "search_space"}
"""Arguments that the experiment gives elsewhere."""

MAX_CONFIGURATIONS = 1_000_000

Made = TypeVar("Made")


def check_choices(experiment: Experiment) -> list[Fault]:
    """Return what Optuna would refuse of the sampler, the pruner and their options."""
    found: list[Fault] = []
    for make in (partial(make_sampler, trials_so_far=0), make_pruner, make_halving):
        try:
            make(experiment)
        except UserError as error:
            found.extend(error.faults)
    return found


def make_sampler(experiment: Experiment, trials_so_far: int) -> BaseSampler:
    """Return the sampler; a search that goes on does not propose its first trials again."""
    kind, options = experiment.sampler.type, experiment.sampler.options
    options["seed"] = (experiment.seed + trials_so_far) % 2**32
    if kind in ("grid", "brute_force"):
        grid = {name: _grid_values(kind, name, p) for name, p in experiment.space.items()}
        if kind == "grid":
            _refuse_conditions(experiment)
            options["search_space"] = grid
    return _make(SAMPLERS[kind], "sampler", kind, options)


def make_pruner(experiment: Experiment) -> BasePruner:
    """Return the pruner."""
    options = {} if experiment.pruner.type == "asha" else experiment.pruner.options
    return _make_pruner(experiment.pruner.type, options)


def make_halving(experiment: Experiment) -> Halving | None:
    """Return what pauses and promotes; None with the pruners that can only stop."""
    if experiment.pruner.type != "asha":
        return None
    make = partial(Halving, experiment.goals[0])
    return _make(make, "pruner", "asha", experiment.pruner.options)


def count_configurations(experiment: Experiment) -> int | None:
    """Return how many different trials grid or brute force have, None for the other samplers."""
    if experiment.sampler.type not in ("grid", "brute_force"):
        return None
    return _count(experiment, {}, list(experiment.space))


def _count(experiment: Experiment, params: dict[str, Value], names: list[str]) -> int:
    """Count configurations depth first, since a condition may take parameters away."""
    ready = [n for n in names if experiment.space[n].when.keys().isdisjoint(names)]
    if not ready:
        return 1
    name, rest = ready[0], [n for n in names if n != ready[0]]
    parameter = experiment.space[name]
    if not parameter.exists(params):
        return _count(experiment, params, rest)
    values = _grid_values(experiment.sampler.type, name, parameter)
    if not any(name in experiment.space[other].when for other in rest):
        return min(len(values) * _count(experiment, params, rest), MAX_CONFIGURATIONS)
    return sum(_count(experiment, {**params, name: value}, rest) for value in values)


def _make_pruner(kind: str, options: dict[str, Any]) -> BasePruner:
    wrapped = options.get("wrapped_pruner")
    if isinstance(wrapped, dict):
        inner = wrapped.get("type", "none")
        if inner not in PRUNERS:
            raise UserError(faults.bad_option("pruner", kind, f"wrapped_pruner.{inner}", PRUNERS))
        rest = {name: value for name, value in wrapped.items() if name != "type"}
        options = {**options, "wrapped_pruner": _make_pruner(inner, rest)}
    return _make(PRUNERS[kind], "pruner", kind, options)


def _make(make: Callable[..., Made], section: str, kind: str, options: dict[str, Any]) -> Made:
    """Call Optuna's class; what it does not know or does not want becomes a fault."""
    known = [name for name in inspect.signature(make).parameters if name not in OURS]
    unknown = [name for name in options if name not in known and name not in OURS]
    if unknown:
        raise UserError(*(faults.bad_option(section, kind, name, known) for name in unknown))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "experimental" notes: people chose by name
            return make(**options)
    except (TypeError, ValueError, AssertionError) as error:
        raise UserError(faults.refused_options(section, kind, str(error))) from None


def _refuse_conditions(experiment: Experiment) -> None:
    for name, parameter in experiment.space.items():
        if parameter.when:
            problem = f"`{name}` exists only under a condition; `brute_force` can do that."
            raise UserError(faults.space_unfit_for_sampler("grid", problem))


def _grid_values(kind: str, name: str, parameter: Parameter) -> list[Value]:
    """Return all values of a parameter; raise UserError where there is no end to them."""
    if isinstance(parameter, CategoricalParameter):
        return list(parameter.choices)
    if isinstance(parameter, IntParameter):
        values = range(parameter.low, parameter.high + 1, parameter.step)
        return list(itertools.islice(values, MAX_CONFIGURATIONS))
    return list(_float_values(kind, name, parameter))


def _float_values(kind: str, name: str, parameter: FloatParameter) -> list[float]:
    if parameter.step is None:
        problem = f"`{name}` is a float without `step`: there is no end to its values."
        raise UserError(faults.space_unfit_for_sampler(kind, problem))
    count = int((parameter.high - parameter.low) / parameter.step + 1e-9) + 1
    return [parameter.low + index * parameter.step for index in range(count)]
