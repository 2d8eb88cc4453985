"""A sampler that has the trials of earlier studies before it, as their ranks.

Values of different studies do not compare, ranks do: the study's own complete trials are shown by
their rank among themselves, the earlier ones by that in their study. The more trials finish, the
fewer earlier ones are shown, evenly thinned by rank. What was taken is in the study's journal, so a
resumed search proposes the same, whatever became of the earlier study.
"""

import copy
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial
from pydantic import TypeAdapter, ValidationError

from hpsearch.analysis import Transfer, evenly, ranks_of
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.distributions import distribution_of
from hpsearch.strategies.params import fixed_params
from hpsearch.strategies.session import Session
from hpsearch.strategies.shown_study import ShownStudy
from hpsearch.strategies.storage import read_storage

TRANSFER = "hpsearch-warm-start:"
"""The study's attribute that holds what was taken from the study of that name."""

BELIEVED_TRIALS = 10
"""After so many finished trials, a quarter of the earlier ones is still shown."""

Space = dict[str, BaseDistribution]

_transfer = TypeAdapter(Transfer).validate_python


def keep_transfers(session: Session, transfers: Iterable[Transfer]) -> None:
    """Write what is taken from earlier studies to the journal, a record for each."""
    for one in transfers:
        storage = session.storage
        storage.set_study_user_attr(storage.study_id, f"{TRANSFER}{one.study}", asdict(one))


def kept_transfers(store: StudyStore, experiment: Experiment) -> list[Transfer]:
    """Return what a study's journal has of earlier studies that the experiment names."""
    return transfers_of(read_storage(store, experiment).attributes, experiment)


def transfers_of(attributes: dict[str, Any], experiment: Experiment) -> list[Transfer]:
    """Return what the attributes of a study have of the studies that the experiment names."""
    found = []
    for name in dict.fromkeys(experiment.warm_start):
        with suppress(ValidationError):  # there is none, or another program wrote it
            found.append(_transfer(attributes.get(f"{TRANSFER}{name}")))
    return found


class WarmSampler(BaseSampler):
    """Wraps a sampler that looks at each hyperparameter by itself, or at some of them together."""

    def __init__(self, sampler: BaseSampler, experiment: Experiment) -> None:
        self._sampler = sampler
        self._experiment = experiment
        self._earlier: list[FrozenTrial] | None = None

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> Space:
        """Return what is proposed together, by the study's own trials."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: Space
    ) -> dict[str, Any]:
        """Return values for the parameters that are proposed together."""
        return self._sampler.sample_relative(self._warm(study), trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a value for another parameter."""
        warm = self._warm(study)
        return self._sampler.sample_independent(warm, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Tell the sampler that a trial is proposed."""
        self._sampler.before_trial(study, trial)

    def _warm(self, study: Study) -> Any:
        if self._earlier is None:
            transfers = transfers_of(study.user_attrs, self._experiment)
            self._earlier = _as_trials(transfers, self._experiment, study.directions)
        earlier, directions = self._earlier, study.directions
        return ShownStudy(study, lambda own: [*believed(earlier, own), *_by_rank(own, directions)])


def believed(earlier: Sequence[Any], own: Sequence[FrozenTrial]) -> list[Any]:
    """Return those of the earlier trials, sorted by rank, that are shown beside a study's own."""
    finished = sum(one.state.is_finished() for one in own)
    share = (BELIEVED_TRIALS / (BELIEVED_TRIALS + finished)) ** 2
    return evenly(earlier, round(len(earlier) * share))


def _by_rank(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]
) -> list[FrozenTrial]:
    """Return trials whose values are their ranks among the complete ones."""
    complete = [one for one in trials if one.state is TrialState.COMPLETE and one.values]
    columns = [
        ranks_of([_signed(one.values[index], direction) for one in complete])
        for index, direction in enumerate(directions)
    ]
    ranks = dict(zip((one.number for one in complete), zip(*columns, strict=True), strict=True))
    return [
        _with_values(one, ranks[one.number], directions) if one.number in ranks else one
        for one in trials
    ]


def _with_values(
    trial: FrozenTrial, ranks: Sequence[float], directions: Sequence[StudyDirection]
) -> FrozenTrial:
    shown = copy.copy(trial)
    shown.values = [_signed(rank, one) for rank, one in zip(ranks, directions, strict=True)]
    return shown


def _signed(value: float, direction: StudyDirection) -> float:
    return -value if direction is StudyDirection.MAXIMIZE else value


def _as_trials(
    transfers: Sequence[Transfer], experiment: Experiment, directions: Sequence[StudyDirection]
) -> list[FrozenTrial]:
    """Return earlier trials by rank; their numbers are below 0: they are the oldest."""
    space = experiment.space
    distributions: Space = {name: distribution_of(one) for name, one in space.items()}
    pairs = sorted(
        (pair for one in transfers for pair in one.trials), key=lambda one: tuple(one[1])
    )
    found = []
    for index, (params, ranks) in enumerate(pairs):
        trial = create_trial(
            params=fixed_params(params, space),
            distributions={name: distributions[name] for name in params},
            values=[_signed(rank, one) for rank, one in zip(ranks, directions, strict=True)],
        )
        trial.number = index - len(pairs)
        found.append(trial)
    return found
