"""The trials of a journal, as samplers and pruners should see them."""

import copy
from collections import defaultdict
from collections.abc import Container, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.amended import outside_of
from hpsearch.strategies.distributions import exact
from hpsearch.strategies.feasibility import COMPLETE, Feasibility
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.kind import PausingRule
from hpsearch.strategies.params import is_complete, params_of
from hpsearch.strategies.replay import replay_faults
from hpsearch.strategies.seen_trials import SeenTrials
from hpsearch.strategies.shown_study import Shown, kept


class TrialStorage(JournalStorage):
    """The journal's trials; samplers see a paused trial as pruned until it is promoted.

    As a running trial it would only tell them to keep away. They do not see a failed trial that
    lost hyperparameters: brute force would take it for another space, and fail. Nor do they see one
    that is none of the experiment since an amendment.
    """

    pausing: PausingRule | None = None
    enqueued: Sequence[int] = ()
    """The ids of trials that other programs enqueued before this storage was opened."""

    def __init__(self, journal: Journal, experiment: Experiment) -> None:
        super().__init__(journal)
        self.journal = journal
        self._experiment = experiment
        self._feasibility = Feasibility(experiment.goals)
        self._shown = defaultdict[int, SeenTrials](lambda: SeenTrials(self._seen))
        self._paused: Shown = {}
        self._as_pruned = kept(_as_pruned, self._paused)

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
    ) -> list[FrozenTrial]:
        if states == (OptunaState.WAITING,):  # `Study.ask` would look through all trials each time
            found = map(self.get_trial, self.enqueued)
            return [frozen for frozen in found if frozen.state is OptunaState.WAITING]
        wanted = self._wanted(study_id, states)
        return copy.deepcopy(wanted) if deepcopy else wanted

    def _wanted(self, study_id: int, states: Container[OptunaState] | None) -> list[FrozenTrial]:
        """Return trials without the list of all that Optuna makes anew at each call."""
        with self._thread_lock:
            self._sync_with_backend()
            ids = self._replay_result._study_id_to_trial_ids[study_id]
            shown, trials = self._shown[study_id], self._replay_result._trials
            if states == COMPLETE:  # pruners ask at each report
                return shown.complete(ids, trials)
            every = shown.every(ids, trials)
        return every if states is None else [one for one in every if one.state in states]

    def get_n_trials(
        self, study_id: int, state: OptunaState | tuple[OptunaState, ...] | None = None
    ) -> int:
        """Count all trials, also those that samplers do not see."""
        states = (state,) if isinstance(state, OptunaState) else state
        return len(super().get_all_trials(study_id, deepcopy=False, states=states))

    def _seen(self, frozen: FrozenTrial) -> FrozenTrial | None:
        """Return a trial as samplers and pruners see it, None if they do not."""
        if self._is_lost(frozen):
            return None
        seen = self._feasibility.seen(frozen)
        return seen if self.pausing is None else self._as_sampled(self.pausing, seen)

    def _as_sampled(self, rule: PausingRule, frozen: FrozenTrial) -> FrozenTrial:
        """Return a paused trial as a pruned one: the same object until it changes."""
        if frozen.state.is_finished() or not rule.is_paused(frozen.number):
            self._paused.pop(frozen.number, None)
            return frozen
        return self._as_pruned(frozen)

    def _is_lost(self, frozen: FrozenTrial) -> bool:
        if outside_of(frozen):
            return True
        if frozen.state is not OptunaState.FAIL:
            return False
        return not is_complete(self._experiment, params_of(frozen, self._experiment.space))

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        value = exact(distribution, param_value_internal)
        super().set_trial_param(trial_id, param_name, value, distribution)

    @property
    def has_study(self) -> bool:
        """Whether the experiment's study was begun in this journal."""
        with suppress(KeyError):
            return self.study_id >= 0
        return False

    @cached_property
    def study_id(self) -> int:
        """The id of the experiment's study in this journal."""
        return self.get_study_id_from_name(self._experiment.name)

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the study, empty if it was not begun."""
        return self.get_study_user_attrs(self.study_id) if self.has_study else {}

    def trials(self) -> list[FrozenTrial]:
        """Return the study's trials as they are; the caller must not change them."""
        return self._all_trials(self.study_id)

    def trial(self, number: int) -> FrozenTrial:
        """Return the trial of that number."""
        return self.get_trial(self.trial_id(number))

    def trial_id(self, number: int) -> int:
        """Return Optuna's id of a trial."""
        return self.get_trial_id_from_study_id_trial_number(self.study_id, number)

    def _all_trials(self, study_id: int) -> list[FrozenTrial]:
        return super().get_all_trials(study_id, deepcopy=False)


def read_storage(store: StudyStore, experiment: Experiment) -> TrialStorage:
    """Return the storage of a study, to be read; raises UserError if a line is unreadable."""
    with replay_faults(store):
        return TrialStorage(Journal(store, writable=False, experiment=experiment), experiment)


def _as_pruned(frozen: FrozenTrial) -> FrozenTrial:
    pruned = copy.copy(frozen)
    pruned.state = OptunaState.PRUNED
    return pruned
