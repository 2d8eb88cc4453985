"""How much each hyperparameter mattered for the objective."""

from hpsearch.usecases.view import StudyView


def importance(view: StudyView) -> dict[str, float]:
    """Return shares of 1 by hyperparameter; empty if the trials are too few to tell."""
    from hpsearch.strategies.importance import weigh

    return dict(weigh(view.store, view.experiment).shares)
