"""`hpsearch suggest`: hyperparameters to be tried next."""

from typing import Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument
from hpsearch.store import STUDIES

EXAMPLES = (
    ("hpsearch suggest cnn learning_rate=0.003", "tried next; the sampler adds the rest"),
    ("hpsearch suggest cnn optimizer=sgd momentum=0.95 batch_size=64", "several of them"),
    ("hpsearch suggest cnn learning_rate=3e-3 --json | jq -r .id", "in a script"),
)

PairsArgument = Annotated[
    list[str],
    typer.Argument(metavar="KEY=VALUE", help="Hyperparameters of the space, some or all."),
]


def command(
    study: StudyArgument,
    pairs: PairsArgument,
    *,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Suggest hyperparameters: they are tried next, once.

    They go before what the sampler proposes. What you leave out, the sampler completes.

    This works while the study is searched, from another terminal or another machine that sees it,
    and between two runs. A suggestion counts in the budget. To begin a search with some, list them
    under `suggestions:` in the experiment.
    """
    from hpsearch import usecases as compose
    from hpsearch.cli.output import note, print_json
    from hpsearch.cli.render.suggestion import suggestion_data, suggestion_text
    from hpsearch.usecases.suggest import suggest_words

    view = compose.look(studies, study)
    suggestion = suggest_words(view, pairs)
    if as_json:
        print_json(suggestion_data(view, suggestion))
    for line in suggestion_text(view, suggestion):
        note(line)
