"""Keras 3: reports each epoch's logs, `val_accuracy` and so on, on any backend.

Every epoch begins with a seed of its own, made of the trial's, so that a resumed trial shuffles and
drops as an unbroken one and has its value. What other callbacks count, such as early stopping,
begins anew.
"""

from pathlib import Path
from typing import Any

import keras

from hpsearch.callbacks import resume
from hpsearch.common.proposal import trial_seed
from hpsearch.trainable.contract import Trial

STATE = "state.weights.h5"


class Report(keras.callbacks.Callback):
    """Reports each epoch to the search: `model.fit(…, callbacks=[report])`.

    `done` is for `initial_epoch`. The callback itself loads weights and optimizer when the training
    begins; a checkpoint has both as `state.weights.h5`.
    """

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        self._trial = trial
        self.done = resume.done(trial)
        self.checkpoint = resume.saved(trial, STATE)

    def on_train_begin(self, logs: Any = None) -> None:
        """Load what an earlier attempt saved."""
        if self.checkpoint is not None:
            self.model.optimizer.build(self.model.trainable_variables)
            self.model.load_weights(self.checkpoint)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Seed the epoch."""
        keras.utils.set_random_seed(trial_seed(self._trial.seed, epoch))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Report the epoch, which Keras counts from 0."""

        def save(folder: Path) -> None:
            self.model.save_weights(folder / STATE)

        self._trial.report(epoch + 1, logs or {}, save)
