"""Every kind of sampler and pruner by its name: the one place that knows all of them.

A new kind is a name in `experiment/kinds.py`, a file with a `Kind`, and its line here.
"""

from collections.abc import Mapping

from hpsearch.common.errors import Fault
from hpsearch.experiment import Experiment
from hpsearch.strategies.asha import ASHA
from hpsearch.strategies.exhaustive import BRUTE_FORCE, GRID
from hpsearch.strategies.kind import PrunerKind, SamplerKind
from hpsearch.strategies.pruners import OPTUNA_PRUNERS
from hpsearch.strategies.samplers import OPTUNA_SAMPLERS

_SAMPLERS: tuple[SamplerKind, ...] = (*OPTUNA_SAMPLERS, GRID, BRUTE_FORCE)
_PRUNERS: tuple[PrunerKind, ...] = (*OPTUNA_PRUNERS, ASHA)

SAMPLERS: Mapping[str, SamplerKind] = {kind.name: kind for kind in _SAMPLERS}
PRUNERS: Mapping[str, PrunerKind] = {kind.name: kind for kind in _PRUNERS}


def sampler_of(experiment: Experiment) -> SamplerKind:
    """Return the kind of an experiment's sampler."""
    return SAMPLERS[experiment.sampler.type]


def pruner_of(experiment: Experiment) -> PrunerKind:
    """Return the kind of an experiment's pruner."""
    return PRUNERS[experiment.pruner.type]


def check_choices(experiment: Experiment) -> list[Fault]:
    """Return what is wrong with the sampler, the pruner and their options."""
    return [
        *sampler_of(experiment).validate(experiment),
        *pruner_of(experiment).validate(experiment),
    ]
