"""Transformers' Trainer: reports each evaluation, `eval_loss` and so on, at the optimizer's step.

A resumed trial has the value of an unbroken one: the Trainer saves its random state, and skips the
batches it has seen. Its early stopping continues with `restore_callback_states_from_checkpoint`.
"""

import shutil
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from hpsearch.callbacks import resume
from hpsearch.trainable.contract import Trial

STATE = "trainer"


def settings(trial: Trial) -> dict[str, Any]:
    """Return seed, device and folder for `TrainingArguments(…)`; one old checkpoint stays there."""
    return {
        "seed": trial.seed,
        "use_cpu": trial.device == "cpu",
        "output_dir": str(trial.scratch / STATE),
        "save_total_limit": 1,
        "report_to": "none",
        "disable_tqdm": True,
    }


class Report(TrainerCallback):
    """Reports each evaluation to the search: `Trainer(…, callbacks=[report])`.

    `checkpoint` is for `trainer.train(resume_from_checkpoint=report.checkpoint)`. The Trainer
    evaluates before it saves, so each evaluation makes it save, and the report follows. A
    checkpoint is the Trainer's own, in the folder `trainer`.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._evaluated: tuple[int, dict[str, float]] = (-1, {})
        self.done = resume.done(trial)
        folder = resume.saved(trial, STATE)
        self.checkpoint = None if folder is None else str(folder)

    def on_train_begin(
        self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any
    ) -> None:
        """Load the weights once more: of models whose weights are stored under other names, the
        Trainer (5.24) loads none, and only warns of it.
        """
        if self.checkpoint is not None and isinstance(model, PreTrainedModel):
            model.load_state_dict(type(model).from_pretrained(self.checkpoint).state_dict())

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float], **kwargs: Any
    ) -> None:
        """Keep the metrics, and have the Trainer save."""
        self._evaluated = (state.global_step, metrics)
        control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Report the evaluation that was at this step."""
        step, metrics = self._evaluated
        if step != state.global_step:
            return
        source = Path(args.output_dir) / f"{PREFIX_CHECKPOINT_DIR}-{step}"

        def save(folder: Path) -> None:
            shutil.copytree(source, folder / STATE)

        self._trial.report(step, metrics, save)
