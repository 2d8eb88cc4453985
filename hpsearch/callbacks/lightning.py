"""Lightning: reports after each epoch that validated what the module logged, `val_loss` and so on.

Every epoch begins with a seed of its own, made of the trial's, so that a resumed trial shuffles and
drops as an unbroken one and has its value. `pytorch_lightning` is another package.

Each worker has one device; those of a trial (`resources.workers_per_trial`) train by DDP.
"""

import os
from pathlib import Path
from typing import Any

from lightning import Trainer, seed_everything
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.plugins.environments import LightningEnvironment

from hpsearch.callbacks import resume
from hpsearch.common.proposal import trial_seed
from hpsearch.trainable.contract import Trial

STATE = "trainer.ckpt"


def settings(trial: Trial) -> dict[str, Any]:
    """Return device and folder for `Trainer(…)`, without logger and progress bar.

    Several workers are told to train together, so that Lightning starts no processes of its own.
    """
    found: dict[str, Any] = {
        "accelerator": "gpu" if trial.device == "cuda" else "cpu",
        "devices": 1,
        "default_root_dir": trial.scratch,
        "logger": False,
        "enable_progress_bar": False,
    }
    if trial.world_size > 1:
        environment = LightningEnvironment()  # which reads what hpsearch sets, also under SLURM
        found |= {"strategy": "ddp", "num_nodes": trial.world_size, "plugins": [environment]}
    return found


class Report(Checkpoint):
    """Reports each epoch to the search: `Trainer(…, callbacks=[report])`.

    `checkpoint` is for `trainer.fit(…, ckpt_path=report.checkpoint)`. A checkpoint is Lightning's
    own, `trainer.ckpt`. It is a `Checkpoint`, because these come after all others and the module,
    when everything is logged; and Lightning writes none of its own into the current folder then.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._validated = False
        self.done = resume.done(trial)
        self.checkpoint = resume.saved(trial, STATE)

    def on_validation_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Note that there is something to report, unless it was Lightning's sanity check."""
        self._validated = not trainer.sanity_checking

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Seed the first epoch of this attempt, whose loader Lightning starts before the epoch."""
        self._seed(self.done)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Seed the order of each other epoch."""
        if trainer.current_epoch > self.done:
            self._seed(trainer.current_epoch)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        """Seed what the epoch draws beside its order, such as dropout."""
        if batch_idx == 0:
            self._seed(trainer.current_epoch)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Report the epoch, which Lightning counts from 0."""
        if trainer.enable_validation and not self._validated:
            return
        self._validated = False

        def save(folder: Path) -> None:
            trainer.save_checkpoint(folder / STATE)

        self._trial.report(trainer.current_epoch + 1, trainer.callback_metrics, save)

    def _seed(self, epoch: int) -> None:
        seed_everything(trial_seed(self._trial.seed, epoch), verbose=False)
        # the order of several workers is made of this and of the epoch, in each attempt the same
        os.environ["PL_GLOBAL_SEED"] = str(self._trial.seed)
