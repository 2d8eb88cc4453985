"""A trial's model, out of its checkpoint: for export, for MLflow's registry."""

from typing import TYPE_CHECKING, Any

from hpsearch import faults
from hpsearch.checkpoint import CheckpointStore
from hpsearch.compose.looking import StudyView
from hpsearch.errors import UserError
from hpsearch.paths import MODEL_FILE
from hpsearch.trainable import Trainable, load_trainable
from hpsearch.trial import TrialRecord

if TYPE_CHECKING:
    from hpsearch.torch_export import ModelSource, ServedModel

NEEDED = ("build_model", "example_input")
"""What must stand beside `train` for its models to be exported."""


def served_model(view: StudyView, record: TrialRecord) -> "ServedModel | None":
    """Return the model for MLflow; None where the trainable or the checkpoint gives none."""
    trainable = trainable_of(view)
    if any(trainable.sibling(needed) is None for needed in NEEDED):
        return None
    checkpoint = CheckpointStore(view.paths).read(record.number, record.best_step or 0)
    if checkpoint is None or MODEL_FILE not in checkpoint.files:
        return None
    from hpsearch.torch_export import load_served

    return load_served(source_of(view, record), checkpoint.files)


def checkpoint_files(view: StudyView, record: TrialRecord) -> dict[str, bytes]:
    """Return the files of the checkpoint of the trial's best step; raises UserError without one."""
    store = CheckpointStore(view.paths)
    step = record.best_step
    checkpoint = store.read(record.number, step) if step is not None else None
    if checkpoint is None:
        raise UserError(faults.no_checkpoint(view.paths.name, record.number))
    return dict(checkpoint.files)


def trainable_of(view: StudyView) -> Trainable:
    """Import the study's trainable; raises UserError where it is gone or broken."""
    return load_trainable(view.experiment.trainable, view.identity.folder)


def source_of(view: StudyView, record: TrialRecord) -> "ModelSource":
    """Return what builds the trial's model; raises UserError where the trainable has none."""
    trainable = trainable_of(view)
    siblings = {needed: trainable.sibling(needed) for needed in NEEDED}
    missing = [needed for needed, found in siblings.items() if found is None]
    if missing:
        why = f"there is no function {' and no '.join(f'`{one}`' for one in missing)}."
        raise UserError(faults.not_exportable(trainable.reference, why))
    params = _params(trainable, record)
    from hpsearch.torch_export import ModelSource

    return ModelSource(
        reference=trainable.reference,
        params=params,
        build_model=siblings["build_model"],  # type: ignore[arg-type]
        example_input=siblings["example_input"],  # type: ignore[arg-type]
        for_serving=trainable.sibling("for_serving"),
        folder=trainable.folder,
        privacy=view.experiment.privacy,
    )


def _params(trainable: Trainable, record: TrialRecord) -> Any:
    """Return a trial's hyperparameters as its trainable takes them now; raises UserError."""
    try:
        return trainable.make_params(record.params)
    except Exception as error:  # a class of the user's own may raise anything
        problem = f"{type(error).__name__}: {error}"
        raise UserError(faults.trainable_changed(trainable.reference, problem)) from None
