"""`hpsearch logs`: what a trial printed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument, TrialOption

if TYPE_CHECKING:
    from hpsearch.common.logs import Line

EXAMPLES = (
    ("hpsearch logs cnn --trial 7", "each line with the seconds since trial 7 started"),
    ("hpsearch logs cnn --trial 7 --follow", "until the attempt ends; Ctrl-C stops it"),
    ("hpsearch logs cnn --trial 7 --attempt 1", "its first attempt, before the retry"),
    ("hpsearch logs cnn --confirmation --trial 3", "training 3 of its confirmation"),
    ("hpsearch logs cnn --trial 7 --json | jq '.lines[].text'", "in a script"),
)

AttemptOption = Annotated[
    int | None,
    typer.Option("--attempt", metavar="K", min=1, help="An attempt's number; default: the last."),
]
ConfirmationOption = Annotated[
    bool, typer.Option("--confirmation", help="Of its confirmation: N is a training there.")
]
FollowOption = Annotated[
    bool, typer.Option("--follow", "-f", help="Print new lines until the attempt ends.")
]


def command(
    study: StudyArgument,
    *,
    trial: TrialOption = None,
    attempt: AttemptOption = None,
    confirmation: ConfirmationOption = False,
    follow: FollowOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Show what a trial printed and logged, also while it runs.

    The log has stdout and stderr of the trainable and of the processes that it started. A megabyte
    of each attempt is kept: the beginning and the end. The files are under `logs` in the study.
    """
    from hpsearch.cli.output import note, print_json
    from hpsearch.cli.render.logs import log_comes_later, log_data, log_title, why_empty
    from hpsearch.study import Study

    log = Study(studies, study).logs(trial, attempt, confirmation=confirmation)
    lines = log.followed() if follow else log.lines()
    if as_json:
        print_json(log_data(log, list(lines)))
        return
    note(log_title(log), "dim")
    if comes_later := log.comes_later():
        note(log_comes_later(log, waits=follow), "dim")
    if not _show(lines) and not comes_later:
        note(why_empty(log), "dim")


def _show(lines: "Iterable[Line]") -> bool:
    """Print the lines as they come; return whether there was one."""
    from hpsearch.cli.render.logs import line_text
    from hpsearch.display.streams import current

    shown = False
    for line in lines:
        current().data.write(line_text(line) + "\n")
        shown = True
    return shown
