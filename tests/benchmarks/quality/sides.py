"""The strategies that are compared."""

from collections.abc import Mapping

from optuna.samplers import BaseSampler, TPESampler

from hpsearch.experiment import Experiment
from tests.benchmarks.quality.simulation import Side

TPE = {"sampler": {"type": "tpe"}}
MEDIAN = {"pruner": {"type": "median"}}
ASHA = {"pruner": {"type": "asha", "min_resource": 1, "reduction_factor": 3}}
STOPPING = {"pruner": {"type": "successive_halving", "min_resource": 1, "reduction_factor": 3}}


def optuna_tpe(experiment: Experiment) -> BaseSampler:
    """Return Optuna's TPE as it is."""
    return TPESampler(seed=experiment.seed)


SIDES: Mapping[str, Side] = {
    "auto": Side({}),
    "random": Side({"sampler": {"type": "random"}, "pruner": {"type": "none"}}),
    "random + asha": Side({"sampler": {"type": "random"}, **ASHA}),
    "Optuna's tpe + median": Side({**MEDIAN}, optuna_tpe),
    "Optuna's tpe + stopping asha": Side({**STOPPING}, optuna_tpe),
    "Optuna's tpe + asha": Side({**ASHA}, optuna_tpe),
    "tpe + median": Side({**TPE, **MEDIAN}),
    "tpe + asha": Side({**TPE, **ASHA}),
    "forest + median": Side({"sampler": {"type": "forest"}, **MEDIAN}),
    "forest + asha": Side({"sampler": {"type": "forest"}, **ASHA}),
}
