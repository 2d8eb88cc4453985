"""A study of Optuna's whose trials a sampler or a pruner sees in another way."""

from collections.abc import Callable, Container

from optuna import Study
from optuna.trial import FrozenTrial, TrialState

Shown = dict[int, tuple[tuple[TrialState, int, int], FrozenTrial]]
"""By a trial's number: its state and how much was noted of it, and how it is shown."""


class StudyView:
    """Shows the trials of a study; `known` keeps how, until a trial changes."""

    def __init__(
        self, study: Study, show: Callable[[FrozenTrial], FrozenTrial], known: Shown
    ) -> None:
        self._study = study
        self._show = show
        self._known = known

    def __getattr__(self, name: str) -> object:
        return getattr(self._study, name)

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials as they are shown, those in these states."""
        return self._get_trials(deepcopy, states)

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        trials = self._study._get_trials(deepcopy=False, use_cache=use_cache)
        shown = [self._shown(trial) for trial in trials]
        return [trial for trial in shown if states is None or trial.state in states]

    def _shown(self, trial: FrozenTrial) -> FrozenTrial:
        content = trial.state, len(trial.intermediate_values), len(trial.user_attrs)
        known = self._known.get(trial.number)
        if known is not None and known[0] == content:
            return known[1]
        shown = self._show(trial)
        if shown is not trial:  # else it may still change, as its params do while it is proposed
            self._known[trial.number] = content, shown
        return shown
