"""`hpsearch suggest`: hyperparameters to try next."""

from typing import Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument

EXAMPLES = (
    ("hpsearch suggest cnn learning_rate=0.003", "tried next; the sampler chooses the others"),
    ("hpsearch suggest cnn optimizer=sgd momentum=0.95 batch_size=64", "several hyperparameters"),
    ("hpsearch suggest cnn learning_rate=3e-3 --json | jq -r .id", "in a script"),
)

PairsArgument = Annotated[
    list[str],
    typer.Argument(metavar="KEY=VALUE", help="Hyperparameters of the space."),
]


def command(
    study: StudyArgument,
    pairs: PairsArgument,
    *,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Suggest hyperparameters: they are tried next, once.

    The next trial takes them instead of a proposal of the sampler. The sampler chooses the values
    of hyperparameters that you leave out.

    You can suggest while the search runs, from another terminal or another machine that sees the
    study, and between two runs. A suggestion counts in the budget. To start a new search with
    some, list them under `suggestions:` in the experiment.
    """
    from hpsearch.cli.output import note, print_json
    from hpsearch.cli.render.suggestion import suggestion_data, suggestion_text
    from hpsearch.study import Study

    opened = Study(studies, study)
    suggestion, view = opened.suggest(pairs), opened.look()
    if as_json:
        print_json(suggestion_data(view, suggestion))
    for line in suggestion_text(view, suggestion):
        note(line)
