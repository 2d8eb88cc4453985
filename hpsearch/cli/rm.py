"""`hpsearch rm`: a study that nobody needs any more."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli import faults
from hpsearch.cli.options import JsonOption, StudiesOption, complete_study
from hpsearch.common.errors import UserError
from hpsearch.store import STUDIES

if TYPE_CHECKING:
    from hpsearch.usecases import Removal

EXAMPLES = (
    ("hpsearch rm cnn", "say what would go with it, ask, and remove it"),
    ("hpsearch rm cnn digits --yes --json >removed.json", "two of them, in a script"),
    ("hpsearch rm cnn --keep-runs", "the folder alone; MLflow is not asked"),
    ("hpsearch rm cnn </dev/null", "say what would go, and remove nothing"),
)

NamesArgument = Annotated[
    list[str],
    typer.Argument(metavar="STUDY", help="The studies' names.", autocompletion=complete_study),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask: for scripts.")]
KeepRunsOption = Annotated[
    bool, typer.Option("--keep-runs", help="Leave the runs in MLflow as they are.")
]


def command(
    names: NamesArgument,
    *,
    yes: YesOption = False,
    keep_runs: KeepRunsOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Remove studies, and put their runs in MLflow into its trash.

    First it is said what would go: the folder with its checkpoints, exports and confirmation, and
    the runs of them all. MLflow's trash gives runs back (`mlflow runs restore`) until `mlflow gc`
    empties it. Versions in MLflow's model registry stay.

    A study that is being searched is refused. Where a removal was cut short, the same command
    removes the rest.
    """
    from hpsearch import usecases as compose
    from hpsearch.cli.output import note, print_json
    from hpsearch.cli.render.removal import removal_data, removed_text

    try:
        with compose.removing(studies, names, keep_runs=keep_runs) as removals:
            _say(removals)
            if not yes:
                _ask(removals)
            for removal in removals:
                removal.carry_out()
                note(removed_text(removal))
    except KeyboardInterrupt:
        note("\ninterrupted; what is not removed yet stays, and the same command goes on.")
        raise
    if as_json:
        print_json([removal_data(removal) for removal in removals])


def _say(removals: "list[Removal]") -> None:
    from hpsearch.cli.output import note
    from hpsearch.cli.render.removal import removal_text
    from hpsearch.display.console import stderr

    for removal in removals:
        for line in removal_text(removal, stderr().width):
            stderr().print(line, soft_wrap=True)
        note()


def _ask(removals: "list[Removal]") -> None:
    """Return where a person says yes; else nothing is removed, as after Ctrl-C."""
    from hpsearch.cli.output import note

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError(faults.removal_unconfirmed())
    what = "it" if len(removals) == 1 else f"these {len(removals)} studies"
    try:
        sure = typer.confirm(f"Remove {what}?", err=True)
    except typer.Abort:  # Ctrl-C or Ctrl-D
        sure = False
        note()
    if not sure:
        note("nothing is removed.")
        raise typer.Exit(130)
