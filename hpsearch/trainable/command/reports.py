"""What a command's metrics become: reports of the trial, or further metrics beside them."""

import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from hpsearch.trainable.command.checkpoint_folder import CheckpointFolder, now
from hpsearch.trainable.command.metrics import Row
from hpsearch.trainable.command.process import Process
from hpsearch.trainable.contract import Trial


class Reports:
    """Reports rows with an objective, or with what a constraint names; others are logged.

    Of several objectives, it waits for all of a step; what a constraint names may come later. Rows
    without a step are counted, from the first step of the attempt.
    """

    def __init__(
        self,
        trial: Trial,
        objectives: Iterable[str],
        *,
        constrained: Iterable[str] = (),
        process: Process,
        checkpoints: CheckpointFolder,
        each: bool,
    ) -> None:
        """`each` says that a checkpoint is whole at each report."""
        self.count = 0
        self._trial = trial
        self._objectives = {*objectives}
        self._reported = {*objectives, *constrained}
        self._process = process
        self._checkpoints = checkpoints
        self._each = each
        self._next = trial.start_step
        self._last = -1
        self._waiting: tuple[int, Row] | None = None
        self._told = False

    def take(self, row: Row) -> None:
        """Report a row, or log it; raises TrialStopped if the trial is to stop."""
        self.count += 1
        step = self._next if row.step is None else row.step
        if not row.metrics.keys() & self._reported:
            self._trial.log(step, row.metrics)
            return
        if not row.metrics.keys() & self._objectives:
            step = max(step, self._last + 1)
        if self._waiting is not None and self._waiting[0] == step:
            row = _joined(self._waiting[1], row)
        else:
            self.finish()
        self._waiting = (step, row)
        if row.metrics.keys() >= self._objectives:
            self.finish()

    def finish(self) -> None:
        """Report the row that waits for further objectives; raises TrialStopped."""
        if self._waiting is None:
            return
        (step, row), self._waiting = self._waiting, None
        if step > self._last:
            self._last, self._next = step, step + 1
            self._report(row, step)
        elif not self._told:
            self._told = True
            text = f"hpsearch: step {step} comes after step {self._last}: such metrics are ignored"
            os.write(2, f"{text}\n".encode())

    def _report(self, row: Row, step: int) -> None:
        if not (row.checkpoint or self._each):
            self._trial.report(step, row.metrics)
            return
        read = now()
        with self._process.paused():
            self._trial.report(step, row.metrics, checkpoint=self._copy(read))

    def _copy(self, read: int) -> Callable[[Path], None]:
        return partial(self._checkpoints.copy_to, reported=read)


def _joined(earlier: Row, row: Row) -> Row:
    """Return two rows of a step as one."""
    metrics = {**earlier.metrics, **row.metrics}
    return Row(row.step, metrics, checkpoint=earlier.checkpoint or row.checkpoint)
