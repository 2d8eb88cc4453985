"""`hpsearch export`: a trial's model as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument, TrialOption
from hpsearch.models import ModelFormat
from hpsearch.store import STUDIES, open_store

if TYPE_CHECKING:
    from hpsearch.usecases import ExportedModel

EXAMPLES = (
    ("hpsearch export cnn", "the best trial's model, into studies/cnn/exports"),
    ("hpsearch export cnn --trial 7 --output model", "another trial's, into a folder of yours"),
    ("hpsearch export cnn --all --output model", "also for ONNX Runtime and for C++"),
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
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace what an earlier export wrote there.")
]


def command(
    study: StudyArgument,
    *,
    trial: TrialOption = None,
    formats: FormatOption = None,
    everything: AllOption = False,
    output: OutputOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Write a trial's model as files that other programs load.

    Each is loaded back by its own runtime in a process of its own, and must give what the model
    gives, before anything is written. A card (README.md) says what the model is and how each file
    is loaded; manifest.json has their SHA-256.
    """
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.common.text import values
    from hpsearch.study import Study

    wanted = tuple(ModelFormat) if everything else tuple(formats or ())
    opened = Study(open_store(studies), study)
    model = opened.export(output, trial, wanted, force=force)
    goals = opened.experiment.goals
    if as_json:
        record = model.record
        print_json(
            {
                "study": study,
                "trial": record.number,
                "values": dict(zip((g.metric for g in goals), record.values, strict=False)),
                "folder": str(model.folder),
                "files": list(model.files),
                "largest_differences": model.differences,
            }
        )
        return
    note(f"trial {model.record.number} of {study}, {values(model.record, goals)}:", "dim")
    print_data(*(str(model.folder / file) for file in model.files))
    note(f"each was loaded back by itself and gives the model's outputs; {_off(model)}", "dim")


def _off(model: "ExportedModel") -> str:
    from hpsearch.models import TOLERANCE

    largest = max(model.differences.values())
    return f"at most {largest:.2g} off, where {TOLERANCE} is allowed"
