"""The trials of a study as samplers and pruners see them, kept: they ask at each report.

A finished trial changes no more and is looked at once, so that 20,000 of them take little time.
"""

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from optuna.trial import FrozenTrial, TrialState


class SeenTrials:
    """Looks at each trial until it has ended."""

    def __init__(self, show: Callable[[FrozenTrial], FrozenTrial | None]) -> None:
        """`show` returns a trial as it is seen, None if it is not."""
        self._show = show
        self._every: list[FrozenTrial | None] = []
        self._complete: list[FrozenTrial] = []
        self._unfinished: list[int] = []

    def every(self, ids: Sequence[int], trials: Mapping[int, FrozenTrial]) -> list[FrozenTrial]:
        """Return the trials in the order of their numbers; `ids` are theirs, in that order."""
        self._look(ids, trials)
        found = [*self._every]
        for number in self._unfinished:
            found[number] = self._show(trials[ids[number]])
        return [one for one in found if one is not None]

    def complete(self, ids: Sequence[int], trials: Mapping[int, FrozenTrial]) -> list[FrozenTrial]:
        """Return those of `every` that are complete."""
        self._look(ids, trials)
        return [*self._complete]

    def _look(self, ids: Sequence[int], trials: Mapping[int, FrozenTrial]) -> None:
        count = len(ids)  # another thread may begin a trial meanwhile
        numbers = [*self._unfinished, *range(len(self._every), count)]
        self._every += [None] * (count - len(self._every))
        self._unfinished = []
        for number in numbers:
            frozen = trials[ids[number]]
            if frozen.state.is_finished():
                self._end(number, frozen)
            else:
                self._unfinished.append(number)

    def _end(self, number: int, frozen: FrozenTrial) -> None:
        seen = self._every[number] = self._show(frozen)
        if seen is not None and seen.state is TrialState.COMPLETE:
            insort(self._complete, seen, key=attrgetter("number"))
