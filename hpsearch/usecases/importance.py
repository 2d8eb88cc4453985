"""How much each hyperparameter mattered for the objective."""

import warnings

from hpsearch.usecases.view import StudyView


def importance(view: StudyView) -> dict[str, float]:
    """Return shares of 1 by hyperparameter; empty, with a warning that says why, if none can be."""
    from hpsearch.strategies import importance_of

    found = importance_of(view.as_read, view.experiment)
    if not found.shares:
        warnings.warn(found.explanation, stacklevel=4)  # at the caller of `Study.importance`
    return dict(found.shares)
