"""`hpsearch run`: search, or resume a search."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.interruption import resumable
from hpsearch.cli.options import (
    ExperimentArgument,
    JsonOption,
    LocalOption,
    NoRegisterOption,
    QuietOption,
    SetOption,
    StudiesOption,
    VerboseOption,
    studies_options,
)
from hpsearch.common.errors import SearchFailed

if TYPE_CHECKING:
    from hpsearch.usecases import Result

EXAMPLES = (
    ("hpsearch run experiment.yaml", "search until the budget is spent, or resume"),
    ("hpsearch run experiment.yaml --set budget.trials=200", "continue to 200 trials in all"),
    ("hpsearch run experiment.yaml --local", "in this process, for a debugger"),
    ("hpsearch run experiment.yaml --json 2>log >result.json", "in a script"),
)

FreshOption = Annotated[
    bool,
    typer.Option("--fresh", help="Start a new study; one with this name is renamed, not deleted."),
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
    studies: StudiesOption,
) -> None:
    """Search, or resume a search.

    The same command resumes a study where it stopped. The budget counts totals: with
    `--set budget.trials=200`, a study of 100 trials runs 100 more.

    Ctrl-C stops the search: running trials save a checkpoint, and the same command resumes them.
    A second Ctrl-C stops at once.
    """
    from hpsearch import usecases
    from hpsearch.display.live_table import choose_display
    from hpsearch.study import Study

    display = choose_display(quiet=quiet)
    display.phase(f"reading {experiment}")
    sets = _sets(usecases.shown_overrides(experiment, overrides or ()))
    options = studies_options(studies.address)
    again = ["hpsearch", "run", str(experiment), *sets, *options, *(["--local"] if local else [])]
    with resumable(display, again):
        source = usecases.Source.read(experiment, overrides or ())
        study = Study(studies, source.experiment.name)
        result = study.search(
            source, display, local=local, fresh=fresh, register=not no_register, verbose=verbose
        )
    _tell(result, again, options, quiet=quiet, as_json=as_json)
    if result.interrupted:
        raise typer.Exit(130)
    if result.failure is not None:
        raise SearchFailed(result.failure)


def _tell(
    result: "Result", again: list[str], options: list[str], *, quiet: bool, as_json: bool
) -> None:
    from hpsearch.cli.output import print_json
    from hpsearch.cli.render.summary import show_summary
    from hpsearch.display.console import stderr
    from hpsearch.usecases import result_data

    if not quiet:
        show_summary(stderr(), result, again, options)
    if as_json:
        print_json(result_data(result))


def _sets(overrides: Sequence[str]) -> list[str]:
    return [word for override in overrides for word in ("--set", override)]
