"""The earlier studies that an experiment starts from: found, compared, and of what use they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpsearch.common.errors import Fault, HpsearchError, UserError
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore, find_study
from hpsearch.strategies import sampler_of
from hpsearch.usecases import faults

if TYPE_CHECKING:
    from hpsearch.analysis import Transfer


@dataclass(frozen=True)
class WarmStart:
    """What an experiment starts from.

    `known` is in the study's journal already; `taken` is to be written there.
    """

    known: "Sequence[Transfer]" = ()
    taken: "Sequence[Transfer]" = ()
    faults: Sequence[Fault] = ()
    notices: Sequence[str] = ()


def read_warm_start(experiment: Experiment, store: StudyStore, *, fresh: bool = False) -> WarmStart:
    """Return what the studies say that `warm_start` names; what is wrong is among its faults.

    With `fresh` the study in `store` is about to begin anew.
    """
    if not experiment.warm_start:
        return WarmStart()
    known = [] if fresh else warm_start_of(store, experiment)
    taken: list[Transfer] = []
    found: list[Fault] = []
    for name in dict.fromkeys(experiment.warm_start):
        if name in {one.study for one in known}:
            continue
        try:
            taken.append(_take(name, experiment, store))
        except HpsearchError as error:
            found += error.faults
    notices = [f"warm start: {one}" for one in _told(experiment, [*known, *taken])]
    return WarmStart(known, taken, found, notices)


def describe_warm_start(store: StudyStore, experiment: Experiment) -> list[str]:
    """Return of what use the earlier studies are that a study began with."""
    return _told(experiment, warm_start_of(store, experiment))


def _told(experiment: Experiment, transfers: "Sequence[Transfer]") -> list[str]:
    kind = sampler_of(experiment)
    if experiment.warm_start and not kind.takes_warm_start:
        return [f"of no use: the {kind.name} sampler does not look at earlier studies"]
    return [f"{one.describe()}{_turned(one.objective, experiment)}" for one in transfers]


def _turned(objective: str, experiment: Experiment) -> str:
    """Return what to know if the earlier study had a metric of ours, in the other direction."""
    there = objective.split(" and ")
    turned = [one for one in experiment.goals if one.opposed & {*there}]
    if not turned:
        return ""
    here = " and ".join(one.label for one in turned)
    return f"; what was best there counts as best here, though this study is to {here}"


def warm_start_of(store: StudyStore, experiment: Experiment) -> "list[Transfer]":
    """Return what a study took from earlier ones when it began."""
    if not (experiment.warm_start and store.exists()):
        return []
    from hpsearch.strategies import kept_transfers

    return kept_transfers(store, experiment)


def _take(name: str, experiment: Experiment, store: StudyStore) -> "Transfer":
    """Return what one study says; raises UserError if it says nothing."""
    from hpsearch.analysis import transfer
    from hpsearch.usecases.view import look_at

    place, _, own = name.rstrip("/").rpartition("/")
    if not place and own == store.name:
        raise UserError(faults.warm_start_useless(name, "it is this study itself."))
    view = look_at(find_study(place or store.store_address, own))
    if len(view.experiment.goals) != len(experiment.goals):
        why = "it has another number of objectives."
        raise UserError(faults.warm_start_useless(name, why))
    found = transfer(name, experiment, view.experiment, view.records)
    if not found.trials:
        why = f"of its trials, {found.why_unused()}." if view.records else "it has no trials."
        raise UserError(faults.warm_start_useless(name, why))
    return found
