"""`hpsearch run`: search, or go on with a search."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import (
    ExperimentArgument,
    JsonOption,
    SetOption,
    StudiesOption,
    studies_options,
)
from hpsearch.common.errors import SearchFailed
from hpsearch.store import STUDIES, open_store

if TYPE_CHECKING:
    from hpsearch.usecases import Result

EXAMPLES = (
    ("hpsearch run experiment.yaml", "search until the budget is spent; again: go on"),
    ("hpsearch run experiment.yaml --set budget.trials=200", "go on to 200 trials in all"),
    ("hpsearch run experiment.yaml --local", "in this process, for a debugger"),
    ("hpsearch run experiment.yaml --json 2>log >result.json", "in a script"),
)

LocalOption = Annotated[
    bool, typer.Option("--local", help="Run trials in this process, without Ray: for a debugger.")
]
FreshOption = Annotated[
    bool,
    typer.Option("--fresh", help="Start anew; a study of this name is renamed, not deleted."),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing but errors.")]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show what Ray, MLflow and the workers print, too.")
]
NoRegisterOption = Annotated[
    bool, typer.Option("--no-register", help="Don't register the best model in MLflow.")
]


def command(
    experiment: ExperimentArgument,
    *,
    overrides: SetOption = None,
    local: LocalOption = False,
    fresh: FreshOption = False,
    no_register: NoRegisterOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Search, or go on with a search that was begun.

    A study is never begun twice: the same command goes on where it stopped. The budget counts
    totals, so `--set budget.trials=200` on a study of 100 trials runs 100 more.

    Ctrl-C stops gently: running trials save a checkpoint and are gone on with next time. A second
    Ctrl-C stops at once.
    """
    from hpsearch import usecases as compose
    from hpsearch.display.live_table import choose_display
    from hpsearch.study import Study

    display = choose_display(quiet=quiet)
    display.phase(f"reading {experiment}")
    sets = _sets(compose.shown_overrides(experiment, overrides or ()))
    again = ["hpsearch", "run", str(experiment), *sets, *studies_options(studies)]
    again += ["--local"] if local else []
    try:
        source = compose.Source.read(experiment, overrides or ())
        study = Study(open_store(studies), source.experiment.name)
        result = study.search(
            source, display, local=local, fresh=fresh, register=not no_register, verbose=verbose
        )
    except KeyboardInterrupt:
        display.close()
        say_stopped(again)
        raise
    finally:
        display.close()
    _tell(result, again, studies, quiet=quiet, as_json=as_json)
    if result.interrupted:
        raise typer.Exit(130)
    if result.best is None:
        from hpsearch.usecases.no_result import no_complete_trial

        name = result.experiment.name
        raise SearchFailed(no_complete_trial(name, result.experiment, result.records))


def _tell(result: "Result", again: list[str], studies: Path, *, quiet: bool, as_json: bool) -> None:
    from hpsearch.cli.output import print_json
    from hpsearch.cli.render.data import result_data
    from hpsearch.cli.render.summary import show_summary
    from hpsearch.display.console import stderr

    if not quiet:
        show_summary(stderr(), result, again, studies_options(studies))
    if as_json:
        print_json(result_data(result))


def say_stopped(again: list[str], how: str = "stopped at once") -> None:
    """Say that what is done is saved, and which command goes on."""
    import shlex

    from hpsearch.cli.output import note

    note(f"{how}; finished trials and checkpoints are saved.")
    note(f"  {shlex.join(again)}   resumes it", "dim")


def _sets(overrides: Sequence[str]) -> list[str]:
    return [word for override in overrides for word in ("--set", override)]
