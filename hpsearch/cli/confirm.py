"""`hpsearch confirm`: which configuration is best over several random seeds."""

from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli import faults
from hpsearch.cli.interruption import resumable, say_stopped
from hpsearch.cli.options import (
    JsonOption,
    LocalOption,
    NoRegisterOption,
    QuietOption,
    StudiesOption,
    StudyArgument,
    VerboseOption,
    studies_options,
)
from hpsearch.common.errors import SearchFailed

if TYPE_CHECKING:
    from hpsearch.usecases import Confirmation

EXAMPLES = (
    ("hpsearch confirm cnn", "5 best configurations, 5 seeds each; or resume"),
    ("hpsearch confirm cnn --top 3 --seeds 10", "fewer configurations, narrower intervals"),
    ("hpsearch confirm cnn --trial 17", "one configuration, such as a point of the Pareto front"),
    ("hpsearch confirm cnn --fresh", "start again, with newer trials of the search"),
    ("hpsearch confirm cnn --json 2>log >result.json", "in a script"),
)

TopOption = Annotated[
    int,
    typer.Option("--top", metavar="K", min=1, help="Number of configurations, in all."),
]
SeedsOption = Annotated[
    int,
    typer.Option("--seeds", metavar="N", min=2, help="Number of seeds for each, in all."),
]
TrialOption = Annotated[
    int | None,
    typer.Option("--trial", metavar="N", min=0, help="Confirm this trial's configuration alone."),
]
FreshOption = Annotated[
    bool,
    typer.Option("--fresh", help="Start anew; an earlier confirmation is renamed, not deleted."),
]


def command(
    study: StudyArgument,
    *,
    top: TopOption = 5,
    seeds: SeedsOption = 5,
    trial: TrialOption = None,
    local: LocalOption = False,
    fresh: FreshOption = False,
    no_register: NoRegisterOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Train the best configurations again from fresh seeds.

    The best value of a search is partly luck: it is the best of many noisy values. This trains each
    of the best configurations from the same new seeds, and shows their mean and 95% interval. If
    intervals overlap, it reports a tie. Then it trains the winner on the validation data too (with
    `train_final`, next to `train`), evaluates it once on the test set, and registers it as the
    champion.

    The same command resumes after Ctrl-C. With a larger `--top` or `--seeds` it trains what is
    missing.
    """
    from hpsearch.display.live_table import choose_display
    from hpsearch.study import Study

    display = choose_display(quiet=quiet)
    again = ["hpsearch", "confirm", study, "--top", str(top), "--seeds", str(seeds)]
    options = studies_options(studies.address)
    again += [] if trial is None else ["--trial", str(trial)]
    again += [*options, *(["--local"] if local else [])]
    with resumable(display, again):
        found = Study(studies, study).confirm(
            top, seeds, local=local, fresh=fresh, register=not no_register, verbose=verbose,
            display=display, trial=trial,
        )  # fmt: skip
    if found.interrupted:
        say_stopped(again, "interrupted")
        raise typer.Exit(130)
    _tell(found, 1 if trial is not None else top, options, quiet=quiet, as_json=as_json)
    if found.final is None:
        raise SearchFailed(faults.no_final_model(study, found.problem or found.verdict.text))


def _tell(
    found: "Confirmation", top: int, options: list[str], *, quiet: bool, as_json: bool
) -> None:
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.confirmation import confirmation_data, confirmation_text, remarks
    from hpsearch.display.console import stdout

    if as_json:
        print_json(confirmation_data(found))
    elif not quiet:
        print_data(*confirmation_text(found, stdout().width))
    for remark in remarks(found, top, options):
        note(remark, "yellow")
