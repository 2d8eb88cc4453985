"""`hpsearch show`: a study and its trials, or one trial."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument
from hpsearch.cli.render.table_file import TableFormat

if TYPE_CHECKING:
    from hpsearch.common.trial import TrialRecord
    from hpsearch.usecases import StudyView

EXAMPLES = (
    ("hpsearch show cnn", "all trials, why they ended, and the best one"),
    ("hpsearch show cnn --trial 7", "one trial: hyperparameters, curve, traceback"),
    ("hpsearch show cnn --json | jq .best.params", "the best hyperparameters, in a script"),
    ("hpsearch show cnn --format csv >trials.csv", "a table for a spreadsheet: a row per trial"),
    ("hpsearch show cnn --experiment >again.yaml", "what was searched, to search it again"),
)

TrialOption = Annotated[
    int | None,
    typer.Option("--trial", metavar="N", min=0, help="Show this trial alone."),
]
FormatOption = Annotated[
    TableFormat | None,
    typer.Option(
        "--format", help="Print a table for other programs: the trials, or the curve of `--trial`."
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write what `--format` prints to a file."),
]
ExperimentOption = Annotated[
    bool,
    typer.Option("--experiment", help="Print its experiment file, with all defaults, and no more."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an --output that exists.")]


def command(
    study: StudyArgument,
    *,
    trial: TrialOption = None,
    experiment: ExperimentOption = False,
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Show a study and its trials, or one trial; also while it runs.

    The summary and the best trial come last.
    """
    from hpsearch.store import documents
    from hpsearch.study import Study
    from hpsearch.usecases import refuse_existing, trial_of

    if format is None and output is not None:
        raise typer.BadParameter("it needs `--format`.", param_hint="--output")
    if format is not None and as_json:
        raise typer.BadParameter("it cannot be combined with `--json`.", param_hint="--format")
    if experiment and (as_json or format is not None or trial is not None):
        raise typer.BadParameter("it stands alone.", param_hint="--experiment")
    refuse_existing(output, force=force)
    view = Study(studies, study).look()
    if experiment:
        _put_out(view.store.read(documents.EXPERIMENT) or b"", None, is_text=True)
        return
    record = None if trial is None else trial_of(view, trial)
    if format is not None:
        _put_out(_table(view, record, format), output, is_text=format is TableFormat.CSV)
    else:
        _show(view, record, as_json=as_json)


def _show(view: "StudyView", record: "TrialRecord | None", *, as_json: bool) -> None:
    from hpsearch.cli.output import print_data, print_json
    from hpsearch.cli.render.study import study_text, trial_text
    from hpsearch.display.console import stdout
    from hpsearch.usecases import study_detail

    if as_json:
        print_json(study_detail(view) if record is None else _trial_data(view, record))
        return
    width = stdout().width
    print_data(*(study_text(view, width) if record is None else trial_text(view, record, width)))


def _table(view: "StudyView", record: "TrialRecord | None", format: TableFormat) -> bytes:
    from hpsearch.cli.render.table_file import table_file
    from hpsearch.usecases import typed_curve, typed_table

    return table_file(typed_table(view) if record is None else typed_curve(record), format)


def _put_out(data: bytes, output: Path | None, *, is_text: bool) -> None:
    from hpsearch.cli.output import print_bytes, print_data
    from hpsearch.usecases import write_output

    if output is None:
        print_bytes(data, is_text=is_text)
    else:
        write_output(output, data)
        print_data(str(output))


def _trial_data(view: "StudyView", record: "TrialRecord") -> dict[str, Any]:
    from hpsearch.usecases import trial_detail

    number, logs = record.number, view.logs
    return {
        **trial_detail(record, view.experiment.goals),
        "logs": [logs.locate(number, attempt) for attempt in logs.attempts(number)],
        "last_lines": logs.tail(number, record.attempt).splitlines(),
    }
