"""A study of Optuna's whose trials a sampler or a pruner sees in another way."""

from collections.abc import Callable, Container, Sequence

from optuna import Study
from optuna.trial import FrozenTrial, TrialState

Show = Callable[[FrozenTrial], FrozenTrial]
"""Returns a trial as it is shown."""

ShowAll = Callable[[Sequence[FrozenTrial]], list[FrozenTrial]]
"""Returns all trials of a study as they are shown."""

Shown = dict[int, tuple[FrozenTrial, FrozenTrial]]
"""By a trial's number: the trial, and how it is shown."""


class ShownStudy:
    """Shows the trials of a study in another way."""

    def __init__(self, study: Study, show: ShowAll) -> None:
        self._study = study
        self._show = show

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
        shown = self._show(self._study._get_trials(deepcopy=False, use_cache=use_cache))
        return [trial for trial in shown if states is None or trial.state in states]


def each_by_itself(show: Show, known: Shown) -> ShowAll:
    """Show each trial by itself; `known` keeps how, until a trial changes."""
    shown = kept(show, known)
    return lambda trials: [shown(trial) for trial in trials]


def kept(show: Show, known: Shown) -> Show:
    """Show a trial as the same object until it changes; `known` keeps it."""

    def shown(trial: FrozenTrial) -> FrozenTrial:
        earlier = known.get(trial.number)
        if earlier is not None and earlier[0] is trial:  # who changes a trial makes a new one
            return earlier[1]
        found = show(trial)
        # the trial itself may still change, as its params do while it is proposed
        if found is not trial or trial.state.is_finished():
            known[trial.number] = trial, found
        return found

    return shown
