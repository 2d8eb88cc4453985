"""The contract with the user's code: what `train` is given, and the functions beside it.

A trainable is a function `train(params, trial)` of a module. hpsearch finds the other functions of
that module by their names, the hooks; each is optional.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, get_args


class Trial(Protocol):
    """What a trainable is given besides its hyperparameters.

    The trainable may return its result: a number, which is the objective, or a mapping of metrics
    (of several objectives, one that has them all). **A returned result is final**: it is the
    trial's value, whatever was reported before, and the trial is never pruned afterwards. So a
    cross-validation may report its running mean and return the mean of all folds, and a trainable
    that trains in one go needs no `report`. The checkpoint that is kept with it is the last one
    saved. `None`, a bool, a text and an array are not results; a NaN or infinite objective fails
    the trial. With the result the trial ends: what is returned after a `TrialStopped` is ignored.
    """

    @property
    def number(self) -> int:
        """The trial's number in the study, from 0."""

    @property
    def study(self) -> str:
        """The study's name."""

    @property
    def seed(self) -> int:
        """Random seed of the trial; the same for every attempt at it."""

    @property
    def device(self) -> str:
        """`"cuda"` if the trial was given a GPU, else `"cpu"`."""

    @property
    def threads(self) -> int:
        """How many CPU threads the trial may use, at least 1."""

    @property
    def rank(self) -> int:
        """Which of the trial's workers this is, from 0; see `resources.workers_per_trial`."""

    @property
    def world_size(self) -> int:
        """How many workers train this trial together; 1 unless `workers_per_trial` is set."""

    @property
    def checkpoint(self) -> Path | None:
        """A folder with the files of an earlier checkpoint of this trial, to resume from."""

    @property
    def start_step(self) -> int:
        """The first step to train: 0, or one after the step that `checkpoint` was reported with."""

    @property
    def artifacts(self) -> Path:
        """A folder for people: what is in it at the end is kept and shown in MLflow."""

    @property
    def scratch(self) -> Path:
        """A folder for anything else; emptied after the trial."""

    @property
    def mlflow_run_id(self) -> str | None:
        """The id of this trial's run in MLflow; None if trials are not recorded there.

        The first use waits until the run is there. Only the trial's own process may ask.
        """

    @property
    def output(self) -> str:
        """The last lines that this attempt and its child processes printed, 30 at most.

        A line that has not ended yet is not included.
        """

    def report(
        self,
        step: int,
        metrics: Mapping[str, float],
        checkpoint: Callable[[Path], None] | None = None,
    ) -> None:
        """Report metrics at a step (ascending, from 0); raises TrialStopped to end the trial.

        The trial's value is that of its best report, or with `objective.take: last` of its last
        one; reports without the objective do not count, and nothing is decided about them. A trial
        that returns without any value fails, and so does one whose objective is NaN or infinite.

        A stop never takes away a trial that has trained to its end: if this report may be the last
        one, the stop comes at the next. A trainable that returns instead is complete.

        `checkpoint(folder)` is called only when the engine wants one: it writes files into it; if
        it writes none, there is no checkpoint. A resumed attempt counts on from `start_step`; steps
        that it repeats are ignored until they are past what was reported.

        If several workers train the trial, each reports the same steps. Only the metrics of rank 0
        count; the decision about them reaches every rank at its own report of that step, so all
        stop at once. Files of rank 0 are at the top of the checkpoint, those of rank 1 in the
        folder `rank-1`, and so on; each rank gets all of them back. A rank that has nothing to save
        leaves out `checkpoint`.
        """

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log further metrics, with no decision; they are sent with the next report.

        Each metric has its own step axis: batches, or epochs again after the last report. The first
        value at a step is kept. A metric with the objective's name is kept, too, but never counts
        for the trial's value.
        """


class Hooks(Protocol):
    """The optional functions beside `train`, found by name; no trial calls them.

    `params` is what `train` was given: its dataclass, or a dict. A model is a `torch.nn.Module`; it
    gets its weights from `model.safetensors` in the trial's checkpoint.
    """

    def build_model(self, params: Any) -> Any:
        """Return a new model of these hyperparameters, to load a trial's weights into.

        Called by `export`, `predict` and `evaluate`, and by `run` and `confirm` before they
        register a model. Without it `run` registers none, and the others raise `not-exportable`.
        """

    def example_input(self) -> Any:
        """Return a batch of at least two inputs as a tensor, to trace and check the model with.

        Called whenever `build_model` is, and required like it.
        """

    def for_serving(self, model: Any) -> Any:
        """Return the module to give to people, for example with a softmax at its end.

        Called with the trained model, in eval mode, by `export`, `predict` and before a model is
        registered. Without it they get the model itself.
        """

    def describe_data(self) -> Mapping[str, Any]:
        """Return a description of the data for the model's users: a text for each heading.

        `classes`, a list of names, names the model's outputs in order. Called by `export` for the
        model's README, and by `predict`. Without it the README does not describe the data, and
        `predict` numbers the classes.
        """

    def read_input(self, source: Path | BinaryIO) -> Any:
        """Return one input as a batch of one, (1, channels, height, width), read from a file.

        Called by `predict`; `source` is a path, or stdin. Without it hpsearch reads images itself.
        What it raises is reported as `unreadable-picture`.
        """

    def evaluate(self, model: Any, params: Any, device: str) -> Mapping[str, Any]:
        """Return metrics, as numbers, on data that the search never saw.

        It can add `examples`, their number, `confusion_matrix`, a square of counts, and
        `classes`, a name for each. Called by `evaluate`, and by `confirm` once, for the final
        model; `device` is "cpu". Without it `evaluate` raises `not-evaluable`, and `confirm` says
        so. Anything but a mapping of numbers raises `failed-evaluation`.
        """

    def train_final(self, params: Any, trial: Trial) -> object:
        """Train like `train`, on the validation data too; report `progress`, from 0 to 1.

        Called by `confirm` for the winner. Without it the final model is the winner's of its
        median seed.
        """


Hook = Literal[
    "build_model",
    "example_input",
    "for_serving",
    "describe_data",
    "read_input",
    "evaluate",
    "train_final",
]
"""The name of a hook: those of `Hooks`."""

HOOKS: tuple[Hook, ...] = get_args(Hook)
