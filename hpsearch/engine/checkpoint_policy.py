"""Which checkpoints are kept: what a running trial resumes from, and the best of the best.

A trial is asked for a checkpoint if its step may be among the best, else at most every
`every_seconds`. A checkpoint is deleted only after the one that replaces it is on disk, and a trial
writes its next one meanwhile: for each running trial there may be two more than `max_gigabytes`
allows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from hpsearch.common.checkpoints import Artifacts, Checkpoints
from hpsearch.common.goal import Goal, rank, values_at
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine.attempt import Attempt
from hpsearch.engine.messages import Ended, Saved
from hpsearch.engine.ports import Parts, PopulationRule

if TYPE_CHECKING:
    from hpsearch.experiment import CheckpointRules, Experiment


class CheckpointPolicy:
    """Decides about checkpoints; the store only stores."""

    def __init__(
        self,
        store: Checkpoints,
        artifacts: Artifacts,
        *,
        goals: Sequence[Goal],
        rules: CheckpointRules,
        notify: Callable[[str], None],
        population: PopulationRule | None = None,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._goals = goals
        self._rules = rules
        self._notify = notify
        self._population = population
        self._lent: set[int] = set()
        self._is_refused = self._is_full = self._is_over = False
        self._top: list[TrialRecord] = []
        self._saved: dict[int, float] = {}
        self._coming: set[tuple[int, int]] = set()

    @classmethod
    def of(cls, experiment: Experiment, parts: Parts) -> CheckpointPolicy:
        """Return the policy of an experiment, over the stores of its search."""
        goals, rules = experiment.goals, experiment.checkpoints
        return cls(
            parts.checkpoints,
            parts.artifacts,
            goals=goals,
            rules=rules,
            notify=parts.notify,
            population=parts.study.population,
        )

    def begin(self, number: int) -> None:
        """Count an unfinished trial's checkpoints from now on, and start its clock."""
        self._saved[number] = time.monotonic()

    def wants(self, attempt: Attempt, step: int) -> bool:
        """Return whether to ask for a checkpoint of this step.

        One that stops needs it if it may be resumed; one that continues if it may be among the
        best, or if the last one was saved too long ago.
        """
        if attempt.stop is not None:
            return attempt.stop.becomes in (TrialState.PAUSED, TrialState.WAITING)
        since = time.monotonic() - self._saved[attempt.record.number]
        return since >= self._rules.every_seconds or self._may_be_kept(attempt, step)

    def note_saving(self, event: Saved) -> None:
        """Start the clock of a trial again, whose checkpoint is about to be there."""
        self._saved[event.number] = time.monotonic()
        self._coming.add((event.number, event.measurement.step))

    def note_saved(self, event: Saved, decisive: Measurement | None, error: OSError | None) -> None:
        """Delete the trial's other checkpoints, except that of its value; or tell of the error."""
        self._coming.discard((event.number, event.measurement.step))
        with self._surviving_disk_errors():
            if error is not None:
                raise error
            self._is_refused = False
            coming = {step for number, step in self._coming if number == event.number}
            keep = {event.measurement.step} | coming | ({decisive.step} if decisive else set())
            self._clean(event.number, frozenset(keep))
            self._make_room()

    def last_saved(self, number: int) -> int | None:
        """Return the step of the trial's last checkpoint, None without one."""
        return max(self._store.steps(number), default=None)

    def save_artifacts(self, event: Ended) -> None:
        """Keep the files that the trainable made for people."""
        if event.artifacts is not None:
            with self._surviving_disk_errors():
                if event.artifacts.problem:  # what kept the worker from storing them
                    raise OSError(event.artifacts.problem)
                self._artifacts.commit(event.number, event.artifacts)

    def count(self, record: TrialRecord) -> None:
        """Count a finished trial: it may be among the best."""
        if record.state is TrialState.COMPLETE and not (record.imported or record.outside):
            self._top.append(record)
            self._top.sort(key=lambda one: rank(one, self._goals))
        self._saved.pop(record.number, None)

    def clean(self, record: TrialRecord) -> None:
        """Delete what nobody needs any more, now that a trial is finished and counted."""
        kept = record.kept_step if record in self._top[: self._rules.keep] else None
        with self._surviving_disk_errors():
            self._return_lent()
            for dropped in self._top[self._rules.keep :]:
                self._clean(dropped.number)
            self._clean(record.number, frozenset(() if kept is None else (kept,)))
        del self._top[self._rules.keep :]

    def _clean(self, number: int, keep: frozenset[int] = frozenset()) -> None:
        """Delete a trial's other checkpoints, except those that copies of it start from."""
        needed = self._population.needed_steps(number) if self._population else frozenset[int]()
        if needed:
            self._lent.add(number)
        self._store.clean(number, keep=keep | needed)

    def _return_lent(self) -> None:
        """Delete what finished trials kept only for copies that have one of their own by now."""
        kept = {one.number: one.kept_step for one in self._top[: self._rules.keep]}
        lent, self._lent = self._lent - self._saved.keys(), self._lent & self._saved.keys()
        for number in lent:
            step = kept.get(number)
            self._clean(number, frozenset(() if step is None else (step,)))

    def _make_room(self) -> None:
        """Delete checkpoints of finished trials, the worst first, until the rest fits."""
        if self._rules.max_gigabytes is None:
            return
        most = self._rules.max_gigabytes * 1e9
        sizes = {n: self._size(n) for n in [*self._saved, *(r.number for r in self._top)]}
        while sum(sizes.values()) > most and len(self._top) > 1:
            self._is_full = True
            worst = self._top.pop().number
            self._clean(worst)
            del sizes[worst]
        is_over = sum(sizes.values()) > most
        if is_over and not self._is_over:
            self._notify(
                f"checkpoints take {sum(sizes.values()) / 1e9:.3g} GB, more than "
                "`checkpoints.max_gigabytes`: unfinished trials and the best one need them"
            )
        self._is_over = self._is_over or is_over

    def _size(self, number: int) -> int:
        """Return the bytes of a trial's checkpoints, without those that will replace them."""
        sizes = self._store.sizes(number).items()
        return sum(size for step, size in sizes if (number, step) not in self._coming)

    @contextmanager
    def _surviving_disk_errors(self) -> Iterator[None]:
        """Tell of the first error in a row; a checkpoint less does not end a search."""
        try:
            yield
        except OSError as error:
            if not self._is_refused:
                self._notify(
                    f"checkpoints cannot be written, the search continues without them: {error}"
                )
            self._is_refused = True

    def _may_be_kept(self, attempt: Attempt, step: int) -> bool:
        """Return whether the trial's value is of this step, and good enough for the best trials."""
        decisive = attempt.decisive
        if decisive is None or decisive.step != step:
            return False
        if len(self._top) < self._rules.keep and not (self._is_full and self._top):
            return True
        candidate = replace(attempt.record, values=values_at(decisive, self._goals))
        return rank(candidate, self._goals) < rank(self._top[-1], self._goals)
