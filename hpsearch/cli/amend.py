"""`hpsearch amend`: change what a study searches."""

from typing import Annotated

import typer

from hpsearch.cli.options import (
    ExperimentArgument,
    JsonOption,
    SetOption,
    StudiesOption,
    StudyArgument,
)

EXAMPLES = (
    ("hpsearch amend cnn experiment.yaml --dry-run", "which trials would still count"),
    ("hpsearch amend cnn experiment.yaml", "after you changed `space` or `params` there"),
    ("hpsearch amend cnn experiment.yaml --set space.dropout.high=0.7", "with another value"),
)

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say which trials would still count; write nothing.")
]


def command(
    study: StudyArgument,
    experiment: ExperimentArgument,
    *,
    overrides: SetOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Change what a study searches; keep the trials that still fit.

    Widen or narrow a range, add or remove a choice, fix a parameter, search a fixed one, or change
    a condition. A trial still counts if the trainable would be given the same for it. The others
    stay in the study, marked as outside: they do not teach the sampler and are not the best. A
    later amendment can take them in again.

    Another trainable, objective or seed is refused, and so is a change after which no trial counts:
    that is a new study, which can learn from this one by `warm_start`. While a driver runs the
    study, it cannot be amended.
    """
    from hpsearch import usecases
    from hpsearch.cli.output import note, print_json
    from hpsearch.cli.render.amendment import amendment_data, amendment_text

    source = usecases.Source.read(experiment, overrides or ())
    found = usecases.amend(source, studies.study(study), dry_run=dry_run)
    if as_json:
        print_json(amendment_data(found))
    for line in amendment_text(found):
        note(line)
