"""A study as Optuna's own object."""

from typing import TYPE_CHECKING

from hpsearch.usecases.view import StudyView

if TYPE_CHECKING:
    import optuna


def to_optuna(view: StudyView) -> "optuna.Study":
    """Return a copy of the study in memory."""
    from hpsearch.strategies import optuna_copy

    return optuna_copy(view.store, view.experiment)
