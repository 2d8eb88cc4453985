"""`hpsearch export`: a trial's model as files."""

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument, TrialOption
from hpsearch.models import ModelFormat

EXAMPLES = (
    ("hpsearch export cnn", "the best trial's model, into studies/cnn/exports"),
    ("hpsearch export cnn --trial 7 --output model", "the model of trial 7, into your folder"),
    ("hpsearch export cnn --all --output model", "all formats: ONNX Runtime and C++ too"),
)

FormatOption = Annotated[
    list[ModelFormat] | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="safetensors, pt2, onnx or torchscript; repeatable; default: the first two.",
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="Write every format.")]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="DIR", help="Folder to write; default: in the study."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an earlier export there.")]


def command(
    study: StudyArgument,
    *,
    trial: TrialOption = None,
    formats: FormatOption = None,
    everything: AllOption = False,
    output: OutputOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Write a trial's model as files that other programs load.

    Before anything is written, each file is loaded by its own runtime in a separate process, and
    its outputs are compared with the model's. README.md says what the model is and how to load
    each file; manifest.json has their SHA-256.
    """
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.export import checked_text, export_data
    from hpsearch.common.text import values
    from hpsearch.study import Study

    wanted = tuple(ModelFormat) if everything else tuple(formats or ())
    opened = Study(studies, study)
    model = opened.export(output, trial, wanted, force=force)
    goals = opened.experiment.goals
    if as_json:
        print_json(export_data(study, model, goals))
        return
    note(f"trial {model.record.number} of {study}, {values(model.record, goals)}:", "dim")
    print_data(*(str(model.folder / file) for file in model.files))
    note(checked_text(model), "dim")
