"""`hpsearch export`: a trial's model as files."""

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument, TrialOption
from hpsearch.paths import STUDIES

EXAMPLES = (
    ("hpsearch export cnn", "the best trial's model, into studies/cnn/exports"),
    ("hpsearch export cnn --trial 7 --output model", "another trial's, into a folder of yours"),
)

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
    output: OutputOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Write a trial's model as files that other programs load."""
    from hpsearch import compose
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.words import values

    model = compose.export(studies, study, number=trial, output=output, force=force)
    goals = compose.look(studies, study).experiment.goals
    if as_json:
        record = model.record
        print_json(
            {
                "study": study,
                "trial": record.number,
                "values": dict(zip((g.metric for g in goals), record.values, strict=False)),
                "folder": str(model.folder),
                "files": list(model.files),
            }
        )
        return
    note(f"trial {model.record.number} of {study}, {values(model.record, goals)}:", "dim")
    print_data(*(str(model.folder / file) for file in model.files))
