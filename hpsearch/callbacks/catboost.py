"""CatBoost: reports each boosting round, `{data set}_{metric}`: `validation_Logloss`.

A function instead of a callback: CatBoost's own callback has no model, and comes before the round
is in the snapshot file. A resumed trial has the value of an unbroken one, with sampled rows and
columns, too.
"""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hpsearch.callbacks import resume
from hpsearch.common.decision import TrialStopped
from hpsearch.trainable.contract import Trial

SNAPSHOT = "snapshot"


def settings(trial: Trial) -> dict[str, Any]:
    """Return seed, threads and folder of the trial for a CatBoost model.

    It trains on the CPU: CatBoost calls nobody back on a GPU.
    """
    return {
        "random_seed": trial.seed,
        "thread_count": trial.threads,
        "train_dir": str(trial.scratch),
    }


def fit(trial: Trial, model: Any, *data: Any, **options: Any) -> Any:
    """Return the model after `model.fit(*data, **options)`, begun with the trial's snapshot.

    A checkpoint is CatBoost's `snapshot`: `fit` with the same data makes the model from it.
    """
    snapshot = trial.scratch / SNAPSHOT
    earlier = resume.saved(trial, SNAPSHOT)
    if earlier is not None:
        shutil.copy(earlier, snapshot)
    rounds = _Rounds(trial, snapshot)
    model.fit(
        *data,
        callbacks=[rounds],
        save_snapshot=True,
        snapshot_file=str(snapshot),
        snapshot_interval=0,  # seconds: every round
        **options,
    )
    rounds.report_last()
    return model


class _Rounds:
    """Reports a round when the next one is trained, for then the snapshot has it."""

    def __init__(self, trial: Trial, snapshot: Path) -> None:
        self._trial = trial
        self._snapshot = snapshot
        self._reported = resume.done(trial)
        self._metrics: Mapping[str, Mapping[str, list[float]]] = {}
        self._rounds = self._reported

    def after_iteration(self, info: Any) -> bool:
        """Return whether to continue; an exception would come out of CatBoost as another one."""
        with suppress(TrialStopped):
            self.report_last()
            self._rounds, self._metrics = info.iteration, info.metrics
            return True
        return False

    def report_last(self) -> None:
        """Report the last round, if it was not; raises TrialStopped again after a stop."""
        if self._rounds > self._reported:
            last = {
                f"{data}_{name}": values[self._rounds - 1]
                for data, of in self._metrics.items()
                for name, values in of.items()
            }
            self._reported = self._rounds
            self._trial.report(self._rounds, last, self._save)

    def _save(self, folder: Path) -> None:
        shutil.copy(self._snapshot, folder / SNAPSHOT)
