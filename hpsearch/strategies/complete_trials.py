"""The complete trials of a study, kept: a pruner asks for all of them at each report."""

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from optuna.trial import FrozenTrial, TrialState


class CompleteTrials:
    """Looks at each trial until it has ended; a complete one changes no more."""

    def __init__(self, show: Callable[[FrozenTrial], FrozenTrial | None]) -> None:
        """`show` returns a complete trial as it is seen, None if it is not."""
        self._show = show
        self._complete: list[FrozenTrial] = []
        self._unfinished: list[int] = []
        self._known = 0

    def among(self, ids: Sequence[int], trials: Mapping[int, FrozenTrial]) -> list[FrozenTrial]:
        """Return those of all trials of the study, in the order of their numbers.

        `ids` are those of its trials in that order. Only trials that had not ended are looked at,
        so that 20,000 that have take no time.
        """
        count = len(ids)  # another thread may begin a trial meanwhile
        numbers = [*self._unfinished, *range(self._known, count)]
        self._known, self._unfinished = count, []
        for number in numbers:
            frozen = trials[ids[number]]
            if not frozen.state.is_finished():
                self._unfinished.append(number)
            elif frozen.state is TrialState.COMPLETE and (seen := self._show(frozen)) is not None:
                insort(self._complete, seen, key=attrgetter("number"))
        return [*self._complete]
