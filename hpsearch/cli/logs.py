"""`hpsearch logs`: what a trial printed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument, TrialOption
from hpsearch.store import STUDIES, open_store

if TYPE_CHECKING:
    from hpsearch.common.logs import Line
    from hpsearch.usecases import TrialLog

EXAMPLES = (
    ("hpsearch logs cnn --trial 7", "what trial 7 printed, with seconds since it began"),
    ("hpsearch logs cnn --trial 7 --follow", "while it runs; Ctrl-C ends it"),
    ("hpsearch logs cnn --trial 7 --attempt 1", "before it was tried again"),
    ("hpsearch logs cnn --confirmation --trial 3", "training 3 of its confirmation"),
    ("hpsearch logs cnn --trial 7 --json | jq '.lines[].text'", "in a script"),
)

AttemptOption = Annotated[
    int | None,
    typer.Option("--attempt", metavar="K", min=1, help="An attempt's number; default: the last."),
]
ConfirmationOption = Annotated[
    bool, typer.Option("--confirmation", help="Of the study's confirmation: N is a training there.")
]
FollowOption = Annotated[
    bool, typer.Option("--follow", "-f", help="Go on until the attempt is over.")
]


def command(
    study: StudyArgument,
    *,
    trial: TrialOption = None,
    attempt: AttemptOption = None,
    confirmation: ConfirmationOption = False,
    follow: FollowOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Show what a trial printed and logged, also while it runs.

    It has stdout and stderr of the trainable and of the processes that it started. Of each attempt
    a megabyte is kept: the beginning and the end. The files stand under `logs` in the study.
    """
    from hpsearch.cli.output import note, print_json
    from hpsearch.study import Study

    log = Study(open_store(studies), study).logs(trial, attempt, confirmation=confirmation)
    lines = log.followed() if follow else log.lines()
    if as_json:
        print_json(_data(log, list(lines)))
        return
    note(_title(log), "dim")
    if not _show(lines):
        note("nothing was printed, or nothing is kept of it.", "dim")


def _show(lines: "Iterable[Line]") -> bool:
    """Print the lines as they come; return whether there was one."""
    from hpsearch.display.streams import current

    shown = False
    for line in lines:
        seconds = "" if line.seconds is None else f"{line.seconds:.3f}"
        current().data.write(f"{seconds:>10}  {line.text}\n")
        shown = True
    return shown


def _title(log: "TrialLog") -> str:
    record, study = log.record, log.view.store.name
    what = f"trial {record.number} of {study}"
    if record.repeats is not None:
        what = f"training {record.number} of {study}'s confirmation: trial {record.repeats}"
        what += f" from seed {record.seed}"
    return f"{what} ({record.state}), attempt {log.attempt}"


def _data(log: "TrialLog", lines: "list[Line]") -> dict[str, object]:
    return {
        "study": log.view.store.name,
        "trial": log.record.number,
        "attempt": log.attempt,
        "attempts": list(log.attempts),
        "running": log.is_running(),
        "file": log.address,
        "lines": [{"seconds": line.seconds, "text": line.text} for line in lines],
    }
