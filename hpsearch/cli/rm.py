"""`hpsearch rm`: remove studies."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli import faults
from hpsearch.cli.options import JsonOption, StudiesOption, complete_study
from hpsearch.common.errors import UserError

if TYPE_CHECKING:
    from hpsearch.usecases import Removal

EXAMPLES = (
    ("hpsearch rm cnn", "show what would be deleted, ask, delete"),
    ("hpsearch rm cnn digits --yes --json >removed.json", "two studies, in a script"),
    ("hpsearch rm cnn --keep-runs", "the folder only; MLflow is left as it is"),
    ("hpsearch rm cnn </dev/null", "show what would be deleted, and delete nothing"),
)

NamesArgument = Annotated[
    list[str],
    typer.Argument(metavar="STUDY", help="The studies' names.", autocompletion=complete_study),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: for scripts.")]
KeepRunsOption = Annotated[
    bool, typer.Option("--keep-runs", help="Leave the runs in MLflow as they are.")
]


def command(
    names: NamesArgument,
    *,
    yes: YesOption = False,
    keep_runs: KeepRunsOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Remove studies, and move their runs in MLflow to its trash.

    First it shows what would be deleted: the folder with its checkpoints, exports and confirmation,
    and all runs. `mlflow runs restore` restores runs from the trash, until `mlflow gc` empties it.
    Versions in MLflow's model registry stay.

    A study that is being searched is refused. If a removal was interrupted, the same command
    removes the rest.
    """
    from hpsearch import usecases
    from hpsearch.cli.output import note, print_json
    from hpsearch.cli.render.removal import removal_data, removed_text

    try:
        with usecases.removing(studies, names, keep_runs=keep_runs) as removals:
            _say(removals)
            if not yes:
                _ask(removals)
            for removal in removals:
                removal.carry_out()
                note(removed_text(removal))
    except KeyboardInterrupt:
        note("\ninterrupted; run the same command again to remove the rest.")
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
    """Return if the person says yes; else end, with nothing removed, as after Ctrl-C."""
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
        note("nothing was removed.")
        raise typer.Exit(130)
