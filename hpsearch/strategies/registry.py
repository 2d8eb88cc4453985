"""Finds a sampler or a pruner by the `type` in the experiment: the file of that name has it.

A new one is a file in `samplers/` or `pruners/`. Its name, and a line about it, is added to
`experiment/kinds.py`: editors and type checkers know the names, and no strategy has to be loaded to
read an experiment.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module

from hpsearch.analysis import configuration
from hpsearch.common.errors import Fault
from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Experiment, kinds
from hpsearch.strategies.kind import PrunerKind, SamplerKind


def sampler_of(experiment: Experiment) -> SamplerKind:
    """Return the kind of an experiment's sampler."""
    return _sampler(experiment.sampler.type)


def pruner_of(experiment: Experiment) -> PrunerKind:
    """Return the kind of an experiment's pruner."""
    return _pruner(experiment.pruner.type)


def all_samplers() -> Mapping[str, SamplerKind]:
    """Return every kind of sampler by its name."""
    return {name: _sampler(name) for name in kinds.SAMPLERS}


def all_pruners() -> Mapping[str, PrunerKind]:
    """Return every kind of pruner by its name."""
    return {name: _pruner(name) for name in kinds.PRUNERS}


def check_strategies(experiment: Experiment) -> list[Fault]:
    """Return what is wrong with the sampler, the pruner and their options."""
    return [
        *sampler_of(experiment).validate(experiment),
        *pruner_of(experiment).validate(experiment),
    ]


def is_exhausted(experiment: Experiment, records: Sequence[TrialRecord]) -> bool:
    """Return whether an exhaustive sampler has nothing left to propose after finished trials."""
    if any(not one.state.is_finished or one.repeats is not None for one in records):
        return False
    most = sampler_of(experiment).configurations(experiment) if records else None
    counted = [one for one in records if not one.outside]
    return most is not None and len({configuration(one.params) for one in counted}) >= most


def _sampler(name: str) -> SamplerKind:
    kind: SamplerKind = import_module(f"hpsearch.strategies.samplers.{name}").SAMPLER
    return kind


def _pruner(name: str) -> PrunerKind:
    kind: PrunerKind = import_module(f"hpsearch.strategies.pruners.{name}").PRUNER
    return kind
