"""`hpsearch confirm`: which configuration is the best when chance is taken out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli import faults
from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument, studies_options
from hpsearch.cli.run import (
    FreshOption,
    LocalOption,
    NoRegisterOption,
    QuietOption,
    VerboseOption,
    say_stopped,
)
from hpsearch.common.errors import SearchFailed
from hpsearch.store import STUDIES

if TYPE_CHECKING:
    from hpsearch.usecases import Confirmation

EXAMPLES = (
    ("hpsearch confirm cnn", "the 5 best configurations from 5 fresh seeds each; again: go on"),
    ("hpsearch confirm cnn --top 3 --seeds 10", "fewer configurations, narrower intervals"),
    ("hpsearch confirm cnn --fresh", "begin again, with what the search has found since"),
    ("hpsearch confirm cnn --json 2>log >result.json", "in a script"),
)

TopOption = Annotated[
    int,
    typer.Option("--top", metavar="K", min=1, help="How many of the best configurations, in all."),
]
SeedsOption = Annotated[
    int,
    typer.Option("--seeds", metavar="N", min=2, help="How many seeds for each of them, in all."),
]


def command(
    study: StudyArgument,
    *,
    top: TopOption = 5,
    seeds: SeedsOption = 5,
    local: LocalOption = False,
    fresh: FreshOption = False,
    no_register: NoRegisterOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Train the best configurations again from fresh seeds.

    The best figure of a search is the best of many noisy ones. Here each of the best configurations
    gets a mean and a 95% interval over the same fresh seeds; where intervals overlap it is a tie,
    and said so. The winner is then trained on the validation data too (by `train_final` beside
    `train`), evaluated once on the test set, and registered as the champion.

    The same command goes on after a Ctrl-C; with more `--top` or `--seeds` it adds what is missing.
    """
    from hpsearch import usecases as compose
    from hpsearch.display.live_table import choose_display

    display = choose_display(quiet=quiet)
    again = ["hpsearch", "confirm", study, "--top", str(top), "--seeds", str(seeds)]
    again += [*studies_options(studies), *(["--local"] if local else [])]
    try:
        found = compose.confirm(
            studies, study, display, top=top, seeds=seeds, local=local, fresh=fresh,
            register=not no_register, verbose=verbose,
        )  # fmt: skip
    except KeyboardInterrupt:
        display.close()
        say_stopped(again)
        raise
    finally:
        display.close()
    if found.interrupted:
        say_stopped(again, "interrupted")
        raise typer.Exit(130)
    _tell(found, top, studies, quiet=quiet, as_json=as_json)
    if found.final is None:
        raise SearchFailed(faults.no_final_model(study, found.problem or found.verdict.text))


def _tell(found: "Confirmation", top: int, studies: Path, *, quiet: bool, as_json: bool) -> None:
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.confirmation import confirmation_data, confirmation_text, remarks
    from hpsearch.display.console import stdout

    if as_json:
        print_json(confirmation_data(found))
    elif not quiet:
        print_data(*confirmation_text(found, stdout().width))
    for remark in remarks(found, top, studies_options(studies)):
        note(remark, "yellow")
