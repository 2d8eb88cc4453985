"""An experiment in hpsearch's form as Optuna's calls: both peers propose with the same space."""

import importlib
from collections.abc import Callable
from typing import Any

import optuna


def suggest(trial: optuna.Trial, space: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Suggest every hyperparameter that exists; parents stand before what depends on them."""
    params: dict[str, Any] = {}
    for name, parameter in space.items():
        if all(params.get(parent) == value for parent, value in parameter.get("when", {}).items()):
            params[name] = _suggest(trial, name, parameter)
    return params


def _suggest(trial: optuna.Trial, name: str, parameter: dict[str, Any]) -> Any:
    if parameter["type"] == "categorical":
        return trial.suggest_categorical(name, parameter["choices"])
    low, high, log = parameter["low"], parameter["high"], parameter.get("log", False)
    if parameter["type"] == "int":
        return trial.suggest_int(name, low, high, log=log)
    return trial.suggest_float(name, low, high, log=log)


def make_sampler(kind: str, seed: int) -> optuna.samplers.BaseSampler:
    """Return Optuna's sampler of that name, with its defaults."""
    if kind == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed)


def find(reference: str) -> Callable[..., None]:
    """Return the function that `package.module:function` names."""
    module, function = reference.split(":")
    found: Callable[..., None] = getattr(importlib.import_module(module), function)
    return found
