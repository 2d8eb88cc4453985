"""scikit-learn: cross-validation fold by fold, so that a hopeless trial stops after a few folds.

After each fold the running mean is reported, at step 1, 2, … A resumed trial has the value of an
unbroken one if the `random_state` of the estimator, and of `cv`, is a number.
"""

import json
from pathlib import Path
from statistics import fmean
from typing import Any

from sklearn import model_selection
from sklearn.base import is_classifier

from hpsearch.callbacks import resume
from hpsearch.trainable.contract import Trial

SCORES = "scores.json"


def cross_validate(
    trial: Trial, estimator: Any, x: Any, y: Any = None, *, cv: Any = 5, **options: Any
) -> dict[str, float]:
    """Return the mean scores of all folds, named as scikit-learn does: `test_score`.

    Return it from the trainable, for the trial's value is otherwise its best running mean.
    `options` are those of `sklearn.model_selection.cross_validate`. Raises what it raises.
    """
    folds = _Folds(trial)
    splitter = model_selection.check_cv(cv, y, classifier=is_classifier(estimator))
    splits = splitter.split(x, y, options.pop("groups", None))
    for number, split in enumerate(splits, start=1):
        if number > folds.done:
            found = model_selection.cross_validate(estimator, x, y, cv=[split], **options)
            folds.report(found)
    return folds.means()


class _Folds:
    """The scores of the folds so far, over all attempts."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        file = resume.saved(trial, SCORES)
        self._scores: dict[str, list[float]] = json.loads(file.read_text()) if file else {}
        self.done = resume.done(trial)

    def report(self, found: dict[str, Any]) -> None:
        """Add a fold's scores and report the means."""
        for name, values in found.items():
            if name.startswith(("test_", "train_")):
                self._scores.setdefault(name, []).append(float(values[0]))
        self.done += 1
        self._trial.report(self.done, self.means(), self._save)

    def means(self) -> dict[str, float]:
        """Return the mean of each score over the folds so far."""
        return {name: fmean(values) for name, values in self._scores.items()}

    def _save(self, folder: Path) -> None:
        (folder / SCORES).write_text(json.dumps(self._scores))
