"""What a confirmation compares: chosen once, so that it can be resumed; more can be added."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from hpsearch.analysis import configuration, distinct, fresh_seeds
from hpsearch.common.trial import TrialRecord
from hpsearch.store import StudyStore
from hpsearch.store.documents import CONTENDERS
from hpsearch.usecases.view import StudyView


@dataclass(frozen=True)
class Choice:
    """The search's trials that are compared, and the seeds that each is trained from.

    `newer` would belong to them now: the search found them after the choice was made.
    """

    trials: Sequence[TrialRecord]
    seeds: Sequence[int]
    newer: Sequence[TrialRecord]


def choose(
    study: StudyView,
    store: StudyStore,
    *,
    top: int,
    seeds: int,
    only: TrialRecord | None = None,
) -> Choice:
    """Return what is compared, on disk by then; what was chosen before stays, and comes first.

    With several objectives the trials of the Pareto front come before others.
    """
    whole = [one for one in study.records if one.parent is None]  # no copy amid its training
    ranking = distinct(whole, study.experiment.goals)
    front = {record.number for record in study.front}
    ranking.sort(key=lambda record: record.number not in front)  # stable
    known, known_seeds = _read(study, store)
    if only is not None:
        known, ranking, top = [only, *_without([only], known)], [only], 1
    trials = [*known, *_without(known, ranking)][: max(top, len(known))]
    used = {record.seed for record in study.records} | {*known_seeds}
    more = islice(fresh_seeds(study.experiment.seed, used), max(0, seeds - len(known_seeds)))
    all_seeds = [*known_seeds, *more]
    _write(store, trials, all_seeds)
    return Choice(trials[:top], all_seeds[:seeds], _without(trials[:top], ranking[:top]))


def _without(taken: Sequence[TrialRecord], records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Return the records whose hyperparameters none of the others has."""
    configurations = {configuration(record.params) for record in taken}
    return [record for record in records if configuration(record.params) not in configurations]


def _read(study: StudyView, store: StudyStore) -> tuple[list[TrialRecord], list[int]]:
    data = store.read(CONTENDERS)
    if data is None:
        return [], []
    kept = json.loads(data)
    return [study.records[number] for number in kept["trials"]], kept["seeds"]


def _write(store: StudyStore, trials: Sequence[TrialRecord], seeds: Sequence[int]) -> None:
    kept = {"trials": [record.number for record in trials], "seeds": seeds}
    store.write(CONTENDERS, json.dumps(kept).encode())
