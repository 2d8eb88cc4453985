"""XGBoost: reports each boosting round, `{data set}_{metric}` of `evals` as they are named there.

A resumed trial has the value of an unbroken one, except with `subsample`, `colsample_*` and `dart`:
XGBoost draws rows, columns and dropped trees at random and cannot save where it was. Its own
early stopping begins to count anew.
"""

from pathlib import Path
from typing import Any

from xgboost.callback import TrainingCallback

from hpsearch.callbacks import resume
from hpsearch.trainable.contract import Trial

MODEL = "model.ubj"


def settings(trial: Trial) -> dict[str, Any]:
    """Return seed, device and threads for the parameters of `xgboost.train`."""
    return {"seed": trial.seed, "device": trial.device, "nthread": trial.threads}


class Report(TrainingCallback):
    """Reports each round to the search: `xgb.train(…, callbacks=[report])`.

    `checkpoint` is for `xgb_model`, and `left(rounds)` for `num_boost_round`. The model of a
    checkpoint is `model.ubj`.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.done = resume.done(trial)
        self.checkpoint = resume.saved(trial, MODEL)

    def left(self, rounds: int) -> int:
        """Return how many rounds of all are still to train."""
        return max(rounds - self.done, 0)

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Report the round that the model has; `epoch` counts from 0 in each attempt."""
        last = {
            f"{data}_{name}": values[-1]
            for data, metrics in evals_log.items()
            for name, values in metrics.items()
        }

        def save(folder: Path) -> None:
            model.save_model(folder / MODEL)

        self._trial.report(model.num_boosted_rounds(), last, save)
        return False
