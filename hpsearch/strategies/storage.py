"""The trials as Optuna's samplers and pruners are to see them."""

import copy
from collections.abc import Container, Sequence

from optuna.distributions import BaseDistribution
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.experiment import Experiment
from hpsearch.strategies.distributions import exact, params_of
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.kind import PausingRule
from hpsearch.strategies.repair import is_whole


class TrialStorage(JournalStorage):
    """The journal's trials; to the samplers what is paused is pruned, until it is promoted.

    Left as running, it would tell them nothing but to keep away. A failed trial that lost
    hyperparameters is not there for them: brute force takes it for a space of its own, and breaks.
    """

    pausing: PausingRule | None = None
    enqueued: Sequence[int] = ()
    """The ids of trials that others enqueued before this storage was opened."""

    def __init__(self, journal: Journal, experiment: Experiment) -> None:
        super().__init__(journal)
        self._experiment = experiment

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
    ) -> list[FrozenTrial]:
        if states == (OptunaState.WAITING,):  # `Study.ask` would look through all trials each time
            found = map(self.get_trial, self.enqueued)
            return [frozen for frozen in found if frozen.state is OptunaState.WAITING]
        if self.pausing is None:
            trials = super().get_all_trials(study_id, deepcopy, states)
            return [frozen for frozen in trials if not self._is_lost(frozen)]
        seen = [_as_sampled(self.pausing, frozen) for frozen in self.trials(study_id)]
        return [
            frozen
            for frozen in seen
            if (states is None or frozen.state in states) and not self._is_lost(frozen)
        ]

    def get_n_trials(
        self, study_id: int, state: OptunaState | tuple[OptunaState, ...] | None = None
    ) -> int:
        """Count the trials as they are: also those that samplers are not to see."""
        states = (state,) if isinstance(state, OptunaState) else state
        return len(super().get_all_trials(study_id, deepcopy=False, states=states))

    def _is_lost(self, frozen: FrozenTrial) -> bool:
        if frozen.state is not OptunaState.FAIL:
            return False
        return not is_whole(self._experiment, params_of(frozen, self._experiment.space))

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        value = exact(distribution, param_value_internal)
        super().set_trial_param(trial_id, param_name, value, distribution)

    def trials(self, study_id: int) -> list[FrozenTrial]:
        """Return the trials as they are, not to be changed."""
        return super().get_all_trials(study_id, deepcopy=False)


def _as_sampled(rule: PausingRule, frozen: FrozenTrial) -> FrozenTrial:
    if frozen.state.is_finished() or not rule.is_paused(frozen.number):
        return frozen
    seen = copy.copy(frozen)
    seen.state = OptunaState.PRUNED
    return seen
