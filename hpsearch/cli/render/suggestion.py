"""A suggestion that was made: what is tried, and when."""

from typing import TYPE_CHECKING, Any

from hpsearch.common.text import parameters
from hpsearch.engine import why_nothing_is_left
from hpsearch.experiment import Suggestion, left_open

if TYPE_CHECKING:
    from hpsearch.usecases import StudyView


def suggestion_text(view: "StudyView", suggestion: Suggestion) -> list[str]:
    """Return what will be tried, and what has to happen first."""
    left = left_open(view.experiment.space, suggestion.params)
    rest = f"; the sampler adds {', '.join(left)}" if left else ""
    params = parameters(view.experiment.space.with_lists(suggestion.params))
    return [f"suggested to {view.store.name}: {params}{rest}.", _when(view)]


def suggestion_data(view: "StudyView", suggestion: Suggestion) -> dict[str, Any]:
    """Return the suggestion as `--json` has it."""
    return {
        "study": view.store.name,
        "id": suggestion.id,
        "params": dict(suggestion.params),
        "left_to_the_sampler": left_open(view.experiment.space, suggestion.params),
        "running": view.running,
    }


def _when(view: "StudyView") -> str:
    over = why_nothing_is_left(view.experiment, view.records)
    if over is not None:
        return f"it waits: {over}. To try it, raise the budget and run `hpsearch run` again."
    if view.running:
        return "it is tried as soon as a trial ends and its place is free."
    return "it is tried first when you run `hpsearch run` again."
