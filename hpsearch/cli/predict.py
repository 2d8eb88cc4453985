"""`hpsearch predict`: images classified by a model."""

from typing import Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, TrialOption, complete_study

EXAMPLES = (
    ("hpsearch predict cnn digit.png", "the model of a study's best trial"),
    ("hpsearch predict best/model.onnx scans/ --json", "an exported model, on a folder of images"),
    (
        "hpsearch predict models:/cnn@champion - < digit.jpg",
        "a model of MLflow's registry, on stdin",
    ),
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
    studies: StudiesOption,
) -> None:
    """Classify images, with probabilities.

    Images may have any size and colour; they are turned upright by their EXIF data. For a model
    with one channel a drawing is cropped and centred as in MNIST, and inverted if it is dark on
    light. Other inputs need a function `read_input(source)` beside the trainable. No pickle is
    loaded, and no code runs but the trainable of a study.
    """
    from hpsearch import usecases
    from hpsearch.cli.output import print_data, print_json
    from hpsearch.cli.render.prediction import prediction_data, predictions_table
    from hpsearch.display.console import stdout

    predictions = usecases.predict_with(studies, model, images, number=trial)
    if as_json:
        print_json([prediction_data(one) for one in predictions])
    else:
        print_data(*predictions_table(predictions, stdout().width))
