"""Where an attempt begins: what earlier attempts of the trial did, and the file they left.

The callbacks report a step as what is done, so the step before `trial.start_step` is how much.
"""

from pathlib import Path

from hpsearch.trainable.contract import Trial


def done(trial: Trial) -> int:
    """Return how many steps earlier attempts did, 0 in a first one."""
    return max(trial.start_step - 1, 0)


def saved(trial: Trial, name: str) -> Path | None:
    """Return a file or folder of the checkpoint to resume from, None in a first attempt."""
    return None if trial.checkpoint is None else trial.checkpoint / name
