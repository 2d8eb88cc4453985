"""The classes of images: as a person reads them, and as data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from hpsearch.common.text import printable
from hpsearch.display.columns import Column, lines, metric_column

if TYPE_CHECKING:
    from hpsearch.usecases import Prediction


def prediction_data(prediction: "Prediction") -> dict[str, Any]:
    """Return the class of an image, and the probabilities of all."""
    name, probability = prediction.ranked[0]
    return {
        "file": prediction.file,
        "class": name,
        "probability": probability,
        "inverted": prediction.inverted,
        "probabilities": prediction.probabilities,
    }


def predictions_table(predictions: Sequence["Prediction"], width: int) -> list[Text]:
    """Return a line for each image: its class, and the next probable one."""
    ranked = [one.ranked for one in predictions]
    columns = [
        Column("picture", [printable(one.file) for one in predictions]),
        Column("class", [first[0] for first, *_ in ranked], ["bold"] * len(ranked)),
        metric_column("probability", [_percent(first[1]) for first, *_ in ranked]),
        Column("next", [f"{name} {_percent(value)}" for _, (name, value), *_ in ranked]),
        Column("read", ["inverted" if one.inverted else "" for one in predictions]),
    ]
    return lines(columns, width)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
