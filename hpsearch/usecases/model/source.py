"""A trial's model, out of its checkpoint: for export, for MLflow's registry."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpsearch.common.errors import UserError
from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Experiment, is_given_by_python
from hpsearch.models import MODEL_FILE
from hpsearch.models.faults import not_exportable
from hpsearch.trainable import (
    Hook,
    Program,
    Trainable,
    from_function,
    from_program,
    load_trainable,
)
from hpsearch.usecases.model import faults
from hpsearch.usecases.view import StudyHandle

if TYPE_CHECKING:
    from hpsearch.models import ModelSource, ServedModel

NEEDED: tuple[Hook, ...] = ("build_model", "example_input")
"""The functions that an export needs next to `train`."""


def served_model(study: StudyHandle, record: TrialRecord) -> "ServedModel | None":
    """Return the model for MLflow; None if the trainable or the checkpoint has none."""
    trainable = trainable_of(study)
    if any(trainable.hook(needed) is None for needed in NEEDED):
        return None
    with study.store.checkpoints.folder(record.number, record.kept_step or 0) as folder:
        if folder is None or not (folder / MODEL_FILE).exists():
            return None
        from hpsearch.models import load_served

        return load_served(source_of(study, record), folder / MODEL_FILE)


@contextmanager
def trained_weights(study: StudyHandle, record: TrialRecord) -> Iterator[Path]:
    """Give the weights' file of the trial's checkpoint, to be read inside `with`.

    Raises UserError without a checkpoint; whether the file is there, `load_model` says.
    """
    if study.experiment.command is not None:
        raise UserError(faults.command_not_exportable(study.experiment.reference))
    if record.imported:
        raise UserError(faults.imported_without_model(study.store.name, record.number))
    step, checkpoints = record.kept_step, study.store.checkpoints
    was_kept = step in checkpoints.steps(record.number)
    kept = nullcontext() if step is None else checkpoints.folder(record.number, step)
    with kept as folder:
        if folder is None:
            why = faults.damaged_checkpoint if was_kept else faults.no_checkpoint
            raise UserError(why(study.store.name, record.number))
        yield folder / MODEL_FILE


def trainable_of(study: StudyHandle) -> Trainable:
    """Return the study's trainable, imported if it has a name; raises UserError if it is gone."""
    return find_trainable(study.experiment, study.identity.folder)


def find_trainable(experiment: Experiment, folder: Path) -> Trainable:
    """Return an experiment's trainable; raises UserError if it is missing or broken."""
    reference, function = experiment.reference, experiment.function
    if experiment.command is not None:
        return from_program(Program.of(experiment.command, experiment), folder)
    if function is not None:
        return from_function(reference, function)
    if is_given_by_python(reference):
        raise UserError(faults.function_not_given(experiment.name, reference))
    return load_trainable(reference, folder)


def source_of(study: StudyHandle, record: TrialRecord) -> "ModelSource":
    """Return what builds the trial's model; raises UserError if the trainable lacks it."""
    trainable = trainable_of(study)
    build_model, example_input = map(trainable.hook, NEEDED)
    if build_model is None or example_input is None:
        missing = [needed for needed in NEEDED if trainable.hook(needed) is None]
        why = f"there is no function {' and no '.join(f'`{one}`' for one in missing)}."
        raise UserError(not_exportable(trainable.reference, why))
    params = _params(trainable, study.experiment.arguments(record.params))
    from hpsearch.models import ModelSource

    return ModelSource(
        reference=trainable.reference,
        params=params,
        build_model=build_model,
        example_input=example_input,
        for_serving=trainable.hook("for_serving"),
        folder=trainable.folder,
        privacy=study.experiment.privacy,
    )


def _params(trainable: Trainable, arguments: Mapping[str, Any]) -> Any:
    """Return a trial's hyperparameters as its trainable takes them now; raises UserError."""
    try:
        return trainable.make_params(arguments)
    except Exception as error:  # a class of the user's own may raise anything
        problem = f"{type(error).__name__}: {error}"
        raise UserError(faults.trainable_changed(trainable.reference, problem)) from None
