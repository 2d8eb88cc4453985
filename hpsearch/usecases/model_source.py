"""A trial's model, out of its checkpoint: for export, for MLflow's registry."""

from typing import TYPE_CHECKING, Any

from hpsearch.common.errors import UserError
from hpsearch.common.trial import TrialRecord
from hpsearch.models.faults import not_exportable
from hpsearch.models.files import MODEL_FILE
from hpsearch.trainable.loading import Trainable, load_trainable
from hpsearch.usecases import faults
from hpsearch.usecases.view import StudyHandle

if TYPE_CHECKING:
    from hpsearch.models import ModelSource, ServedModel

NEEDED = ("build_model", "example_input")
"""What must stand beside `train` for its models to be exported."""


def served_model(study: StudyHandle, record: TrialRecord) -> "ServedModel | None":
    """Return the model for MLflow; None where the trainable or the checkpoint gives none."""
    trainable = trainable_of(study)
    if any(trainable.sibling(needed) is None for needed in NEEDED):
        return None
    checkpoint = study.store.checkpoints.read(record.number, record.best_step or 0)
    if checkpoint is None or MODEL_FILE not in checkpoint.files:
        return None
    from hpsearch.models import load_served

    return load_served(source_of(study, record), checkpoint.files)


def checkpoint_files(study: StudyHandle, record: TrialRecord) -> dict[str, bytes]:
    """Return the files of the checkpoint of the trial's best step; raises UserError without one."""
    step = record.best_step
    checkpoint = study.store.checkpoints.read(record.number, step) if step is not None else None
    if checkpoint is None:
        raise UserError(faults.no_checkpoint(study.store.name, record.number))
    return dict(checkpoint.files)


def trainable_of(study: StudyHandle) -> Trainable:
    """Import the study's trainable; raises UserError where it is gone or broken."""
    return load_trainable(study.experiment.trainable, study.identity.folder)


def source_of(study: StudyHandle, record: TrialRecord) -> "ModelSource":
    """Return what builds the trial's model; raises UserError where the trainable has none."""
    trainable = trainable_of(study)
    siblings = {needed: trainable.sibling(needed) for needed in NEEDED}
    missing = [needed for needed, found in siblings.items() if found is None]
    if missing:
        why = f"there is no function {' and no '.join(f'`{one}`' for one in missing)}."
        raise UserError(not_exportable(trainable.reference, why))
    params = _params(trainable, record)
    from hpsearch.models import ModelSource

    return ModelSource(
        reference=trainable.reference,
        params=params,
        build_model=siblings["build_model"],  # type: ignore[arg-type]
        example_input=siblings["example_input"],  # type: ignore[arg-type]
        for_serving=trainable.sibling("for_serving"),
        folder=trainable.folder,
        privacy=study.experiment.privacy,
    )


def _params(trainable: Trainable, record: TrialRecord) -> Any:
    """Return a trial's hyperparameters as its trainable takes them now; raises UserError."""
    try:
        return trainable.make_params(record.params)
    except Exception as error:  # a class of the user's own may raise anything
        problem = f"{type(error).__name__}: {error}"
        raise UserError(faults.trainable_changed(trainable.reference, problem)) from None
