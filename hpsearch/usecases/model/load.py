"""A trial's model, ready to be called."""

from typing import Any

from hpsearch.common.errors import cleaned
from hpsearch.common.shared_change import PROCESS
from hpsearch.trainable import IMPORTS
from hpsearch.usecases.model.source import source_of, trained_weights
from hpsearch.usecases.view import StudyView, trial_of


@IMPORTS.applied()
@PROCESS.applied()
def load_model(view: StudyView, *, number: int | None) -> Any:
    """Return a trial's model, of torch, in eval mode on the CPU; raises UserError without one."""
    record = trial_of(view, number)
    with cleaned(view.experiment.privacy.clean), trained_weights(view, record) as weights:
        source = source_of(view, record)
        from hpsearch.models import load_model

        return load_model(source, weights)
