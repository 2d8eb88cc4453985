"""`hpsearch report`: a study as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument

EXAMPLES = (
    ("hpsearch report cnn", "writes studies/cnn/report.html"),
    ("hpsearch report cnn --output cnn.html", "a separate file, to send to somebody"),
)

OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="File to write; default: in the study."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an --output that exists.")]


def command(
    study: StudyArgument,
    *,
    output: OutputOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Write a study as one HTML file, to read and to share.

    It has pictures, trials, failures and costs, and needs no network. It can be written while the
    search runs. `hpsearch run` writes it too, when it ends.
    """
    from hpsearch.cli.output import print_data, print_json
    from hpsearch.cli.render.report import report_data
    from hpsearch.study import Study

    written = Study(studies, study).report(output, force=force)
    if as_json:
        print_json(report_data(study, written))
    else:
        print_data(written.address)
