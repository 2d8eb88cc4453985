"""`hpsearch predict`: what a model takes pictures for."""

from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, TrialOption, complete_study
from hpsearch.store import STUDIES

if TYPE_CHECKING:
    from rich.text import Text

    from hpsearch.usecases import Prediction

EXAMPLES = (
    ("hpsearch predict cnn digit.png", "the model of a study's best trial"),
    ("hpsearch predict best/model.onnx scans/ --json", "an exported one, on a folder"),
    ("hpsearch predict models:/cnn@champion - < digit.jpg", "one of MLflow's, on stdin"),
)

ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A study, an exported file or folder, or MLflow's models:/NAME@ALIAS, runs:/ID/NAME.",
        autocompletion=complete_study,
    ),
]
ImagesArgument = Annotated[
    list[str],
    typer.Argument(metavar="IMAGE", help="PNG or JPEG files, folders of them, or - for stdin."),
]


def command(
    model: ModelArgument,
    images: ImagesArgument,
    *,
    trial: TrialOption = None,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Classify images, with their probabilities.

    Pictures of any size and colour will do, right way up as the camera says. For a model of one
    channel a drawing is cropped to its ink and centred as MNIST's are, dark ink on paper inverted.
    No pickle is loaded, and no code but a study's own trainable.
    """
    from hpsearch import usecases as compose
    from hpsearch.cli.output import print_data, print_json
    from hpsearch.display.console import stdout

    predictions = compose.predict(studies, model, images, number=trial)
    if as_json:
        print_json([_data(one) for one in predictions])
    else:
        print_data(*_table(predictions, stdout().width))


def _data(prediction: "Prediction") -> dict[str, object]:
    name, probability = prediction.ranked[0]
    return {
        "file": prediction.file,
        "class": name,
        "probability": probability,
        "inverted": prediction.inverted,
        "probabilities": prediction.probabilities,
    }


def _table(predictions: "list[Prediction]", width: int) -> "list[Text]":
    from hpsearch.common.text import printable
    from hpsearch.display.columns import Column, lines, metric_column

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
