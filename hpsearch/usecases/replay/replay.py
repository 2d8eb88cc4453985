"""`hpsearch replay`: a study's decisions again from its journal, or what others would have been.

Nothing is trained and nothing is written.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment, change_experiment
from hpsearch.strategies import check_strategies
from hpsearch.usecases.faults import argument_wrong
from hpsearch.usecases.replay import faults
from hpsearch.usecases.replay.simulation import Simulation
from hpsearch.usecases.replay.what_if import WhatIf, compare
from hpsearch.usecases.view import StudyView

if TYPE_CHECKING:
    from hpsearch.strategies import Rerun

STRATEGY = ("sampler", "pruner")
"""The sections that another strategy may change."""


def replay(view: StudyView) -> "Rerun":
    """Make every decision of a study again, and return which differ."""
    from hpsearch.strategies import rerun

    _refuse_population(view, view.experiment)
    return rerun(view.store, view.experiment)


def replay_with(
    view: StudyView,
    *,
    sampler: str | None = None,
    pruner: str | None = None,
    keys: Mapping[str, Any] | None = None,
) -> WhatIf:
    """Return what another sampler or pruner would have done with the study's trials.

    `keys` are options by their path: `{"pruner.min_resource": 2}`. Raises UserError if they are
    wrong, or if nothing is known of any trial.
    """
    from hpsearch.strategies import KnownStudy, slots_of

    experiment = other_experiment(view.experiment, sampler, pruner, keys or {})
    for one in (view.experiment, experiment):
        _refuse_population(view, one)
    keeps_order = experiment.sampler == view.experiment.sampler
    slots = slots_of(view.store, view.experiment)
    without = _changed(experiment, {"pruner": {"type": "none"}}, {})
    recorded = Simulation(KnownStudy(view.store, without, keeps_order=True), without, slots)
    if not recorded.study.known:
        raise UserError(faults.nothing_to_replay(view.store.name))
    study = KnownStudy(view.store, experiment, keeps_order=keeps_order)
    found = compare(experiment, recorded, Simulation(study, experiment, slots))
    return replace(found, unmeasured=len(view.records) - len(recorded.study.known))


def _refuse_population(view: StudyView, experiment: Experiment) -> None:
    if experiment.sampler.type == "pbt":
        raise UserError(faults.population_not_replayed(view.store.name))


def other_experiment(
    experiment: Experiment, sampler: str | None, pruner: str | None, keys: Mapping[str, Any]
) -> Experiment:
    """Return an experiment with another strategy; raises UserError with all that is wrong."""
    if wrong := [key for key in keys if key.partition(".")[0] not in STRATEGY]:
        needed = "keys of `sampler` and `pruner`, such as `pruner.min_resource`"
        raise UserError(*(argument_wrong("set", key, needed) for key in wrong))
    named = {"sampler": sampler, "pruner": pruner}
    sections = {
        name: {"type": kind}
        for name, kind in named.items()
        if kind is not None and kind != getattr(experiment, name).type
    }
    changed = _changed(experiment, sections, keys)
    if found := check_strategies(changed):
        raise UserError(*found)
    return changed


def _changed(
    experiment: Experiment, sections: Mapping[str, Any], keys: Mapping[str, Any]
) -> Experiment:
    """Return the experiment without what would end a simulation before its last trial."""
    budget = {"trials": 1_000_000, "failed_in_a_row": None, "failed_share": None}
    endless = {"budget": budget, "suggestions": []}
    return change_experiment(experiment, {**sections, **endless}, {"resources.retries": 0, **keys})
