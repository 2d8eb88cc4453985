"""`hpsearch report`: a study as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument
from hpsearch.store import STUDIES, open_store

EXAMPLES = (
    ("hpsearch report cnn", "writes studies/cnn/report.html"),
    ("hpsearch report cnn --output cnn.html", "a file of its own, to send to somebody"),
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
    studies: StudiesOption = STUDIES,
) -> None:
    """Write a study as one HTML file, to look at and to show.

    It has pictures, trials, failures and costs, needs no network to be opened, and may be written
    while the search is running. `hpsearch run` writes it at its end, too.
    """
    from hpsearch.cli.output import print_data, print_json
    from hpsearch.study import Study

    written = Study(open_store(studies), study).report(output, force=force)
    if as_json:
        print_json({"study": study, "file": written.address, "bytes": written.size})
    else:
        print_data(written.address)
