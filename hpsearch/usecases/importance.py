"""How much each hyperparameter mattered for the objective."""

from hpsearch.usecases.view import StudyView


def importance(view: StudyView) -> dict[str, float]:
    """Return shares of 1 by hyperparameter; empty if the trials are too few to tell."""
    from hpsearch.strategies import importance_of

    return dict(importance_of(view.store, view.experiment).shares)
