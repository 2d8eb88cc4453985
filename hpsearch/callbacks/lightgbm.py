"""LightGBM: reports each boosting round, `{data set}_{metric}` as `valid_names` has them.

A resumed trial has the value of an unbroken one, except with `bagging_fraction`,
`feature_fraction`, `goss`, `extra_trees` and `dart`: LightGBM draws rows, columns and dropped trees
at random and cannot save where it was. Its own early stopping begins to count anew.
"""

from pathlib import Path
from typing import Any

from lightgbm.callback import EarlyStopException

from hpsearch.callbacks import resume
from hpsearch.trainable.contract import Trial

MODEL = "model.txt"


def settings(trial: Trial) -> dict[str, Any]:
    """Return seed and threads for the parameters of `lightgbm.train`, and what repeats exactly.

    Without `deterministic` and `force_row_wise` LightGBM measures which way is faster, and the last
    digits depend on it. It trains on the CPU: its wheel knows no CUDA.
    """
    return {
        "seed": trial.seed,
        "num_threads": trial.threads,
        "deterministic": True,
        "force_row_wise": True,
    }


class Report:
    """Reports each round to the search: `lightgbm.train(…, callbacks=[report])`.

    `checkpoint` is for `init_model`, and `left(rounds)` for `num_boost_round`. The model of a
    checkpoint is `model.txt`.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._rounds: int | None = None
        self.done = resume.done(trial)
        self.checkpoint = resume.saved(trial, MODEL)

    def left(self, rounds: int) -> int:
        """Return how many rounds of all are still to train, at least 1: LightGBM refuses 0.

        If none is left, the report takes that round back.
        """
        self._rounds = rounds
        return max(rounds - self.done, 1)

    def __call__(self, env: Any) -> None:
        """Report the round that the model has."""
        rounds = env.model.current_iteration()
        if self._rounds is not None and rounds > self._rounds:
            env.model.rollback_one_iter()
            raise EarlyStopException(rounds - 2, [])

        def save(folder: Path) -> None:
            env.model.save_model(folder / MODEL, num_iteration=-1)

        results = env.evaluation_result_list
        self._trial.report(rounds, {f"{data}_{name}": x for data, name, x, *_ in results}, save)
