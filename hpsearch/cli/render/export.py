"""An exported model: what a person is told of it, and as data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hpsearch.common.goal import Goal

if TYPE_CHECKING:
    from hpsearch.usecases import ExportedModel


def checked_text(model: "ExportedModel") -> str:
    """Return how its files were checked, and how far their outputs are from the model's."""
    from hpsearch.models import TOLERANCE

    largest = max(model.differences.values())
    return (
        "each file was loaded in a separate process; its outputs differ from the model's by at "
        f"most {largest:.2g} ({TOLERANCE} is allowed)"
    )


def export_data(study: str, model: "ExportedModel", goals: Sequence[Goal]) -> dict[str, Any]:
    """Return where the files are, and of which trial."""
    values = zip((goal.metric for goal in goals), model.record.values, strict=False)
    return {
        "study": study,
        "trial": model.record.number,
        "values": dict(values),
        "folder": str(model.folder),
        "files": list(model.files),
        "largest_differences": model.differences,
    }
