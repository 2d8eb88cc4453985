"""Optuna's samplers and pruners by the names that the experiment gives them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from hpsearch.common.errors import Fault, UserError
from hpsearch.experiment.schema import Experiment
from hpsearch.experiment.space import count_values
from hpsearch.strategies import faults
from hpsearch.strategies.exhaustive import grid_values, refuse_what_has_no_end
from hpsearch.strategies.halving import Halving
from hpsearch.strategies.options import make

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

MOST_GP_VALUES = 10_000_000
"""Values of one stepped parameter: Optuna's gp sampler lists all of them in memory."""


def check_choices(experiment: Experiment) -> list[Fault]:
    """Return what Optuna would refuse of the sampler, the pruner and their options."""
    found: list[Fault] = []
    for build in (make_sampler, make_pruner, make_halving):
        try:
            build(experiment)
        except UserError as error:
            found.extend(error.faults)
    return found


def make_sampler(experiment: Experiment) -> BaseSampler:
    """Return the sampler. The order of a grid and the scramble of qmc go by the seed given here."""
    kind, options = experiment.sampler.type, experiment.sampler.options
    refuse_what_has_no_end(experiment)
    _refuse_what_does_not_fit(experiment)
    options["seed"] = experiment.seed % 2**32
    if kind == "grid":
        options["search_space"] = {n: grid_values(p) for n, p in experiment.space.items()}
    return make(SAMPLERS[kind], "sampler", kind, options)


def reseed(sampler: BaseSampler, seed: int) -> None:
    """Have all random states of a sampler start from a seed; Optuna's `reseed_rng` takes none."""
    for part in vars(sampler).values():
        if isinstance(part, BaseSampler):
            reseed(part, seed)
        elif isinstance(getattr(part, "rng", None), np.random.RandomState):
            part.rng.seed(seed)


def make_pruner(experiment: Experiment) -> BasePruner:
    """Return the pruner."""
    options = {} if experiment.pruner.type == "asha" else experiment.pruner.options
    return _make_pruner(experiment.pruner.type, options)


def make_halving(experiment: Experiment) -> Halving | None:
    """Return what pauses and promotes; None with the pruners that can only stop."""
    if experiment.pruner.type != "asha":
        return None
    build = partial(Halving, experiment.goals[0])
    return make(build, "pruner", "asha", experiment.pruner.options)


def _make_pruner(kind: str, options: dict[str, Any]) -> BasePruner:
    """Return the pruner; that of a patient one stands among its options, with a `type`."""
    if kind != "patient":
        return make(PRUNERS[kind], "pruner", kind, options)
    wrapped = options.get("wrapped_pruner")
    if wrapped is not None and not isinstance(wrapped, dict):
        expected = "`{type: median}`, with options beside its type, or null"
        raise UserError(faults.wrong_option("pruner", "wrapped_pruner", wrapped, expected))
    inner = None
    if wrapped is not None:
        rest = {name: value for name, value in wrapped.items() if name != "type"}
        inner = _make_pruner(_wrapped_kind(wrapped), rest)
    return make(PRUNERS[kind], "pruner", kind, {**options, "wrapped_pruner": inner})


def _wrapped_kind(wrapped: dict[str, Any]) -> str:
    kind = wrapped.get("type", "none")
    known = [name for name in PRUNERS if name != "asha"]
    if kind not in known:
        expected = f"one of {', '.join(known)}"
        raise UserError(faults.wrong_option("pruner", "wrapped_pruner.type", kind, expected))
    return str(kind)


def _refuse_what_does_not_fit(experiment: Experiment) -> None:
    """Raise UserError if a sampler would break amid the search over this space."""
    kind = experiment.sampler.type
    if kind == "gp":
        problems = [
            f"`{name}` has {values:,} values; at most {MOST_GP_VALUES:,} fit into memory."
            for name, parameter in experiment.space.items()
            if (values := count_values(parameter) or 0) > MOST_GP_VALUES
        ]
        if problems:
            raise UserError(*(faults.space_unfit_for_sampler(kind, one) for one in problems))
    start = experiment.sampler.options.get("x0")
    if kind == "cmaes" and isinstance(start, dict):
        numbers = {n: p for n, p in experiment.space.items() if p.type != "categorical"}
        if not all(_is_in_range(start.get(n), p.low, p.high) for n, p in numbers.items()):
            expected = f"a start in its range for each of {', '.join(numbers)}"
            raise UserError(faults.wrong_option("sampler", "x0", start, expected))


def _is_in_range(value: object, low: float, high: float) -> bool:
    return type(value) in (int, float) and low <= value <= high  # type: ignore[operator]
