# ruff: noqa: N999 (commands are loaded by their names)
"""`hpsearch import`: finished trials of another program become trials of a study."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, complete_study
from hpsearch.common.errors import UserError

if TYPE_CHECKING:
    from hpsearch.store import Store
    from hpsearch.usecases import Imported

EXAMPLES = (
    ("hpsearch import experiment.yaml results.csv --dry-run", "what would be taken, and why not"),
    ("hpsearch import experiment.yaml results.csv --map lr=learning_rate", "other names there"),
    ("hpsearch import cnn optuna.db --study-name mnist", "one of several Optuna studies"),
    ("hpsearch import cnn postgresql://user:pass@host/optuna", "from a database"),
)

StudyOrFile = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="The experiment's YAML file, or the name of a study that exists.",
        autocompletion=complete_study,
    ),
]
FromArgument = Annotated[
    str,
    typer.Argument(
        metavar="FROM", help="A .csv file, an Optuna journal, a SQLite file, or a database's URL."
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="THEIRS=OURS", help="Another name there; repeatable."),
]
StudyNameOption = Annotated[
    str | None,
    typer.Option("--study-name", metavar="NAME", help="Which Optuna study, if there are several."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be taken; write nothing.")
]


def command(
    study: StudyOrFile,
    origin: FromArgument,
    *,
    names: MapOption = None,
    study_name: StudyNameOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Make finished trials of another program trials of a study.

    They teach the sampler and count in the budget as trials of the study do. They are marked as
    imported, have no model, and the next `run` records them in MLflow. What lies outside the space
    or lacks the metric of a constraint is left out, and said. To import the same again adds
    nothing.

    A CSV has a column for each hyperparameter, each objective and each metric of `constraints`; an
    empty cell means that the trial does not have that hyperparameter. An Optuna trial has those
    metrics as user attributes, or constraints of its own. A fixed parameter without a column counts
    as the experiment's.
    """
    from hpsearch.cli.output import note, print_json
    from hpsearch.cli.render.imported import imported_data, imported_text

    found = _import(studies, study, origin, names or [], study_name, dry_run=dry_run)
    if as_json:
        print_json(imported_data(found))
    for line in imported_text(found):
        note(line)


def _import(
    studies: "Store",
    study: str,
    origin: str,
    names: list[str],
    study_name: str | None,
    *,
    dry_run: bool,
) -> "Imported":
    from hpsearch.study import Study, import_trials

    pairs = _pairs(names)
    if Path(study).suffix in (".yaml", ".yml"):
        return import_trials(
            Path(study), origin, map=pairs, study_name=study_name, dry_run=dry_run, studies=studies
        )
    opened = Study(studies, study)
    return opened.import_trials(origin, map=pairs, study_name=study_name, dry_run=dry_run)


def _pairs(words: list[str]) -> dict[str, str]:
    from hpsearch.cli.faults import bad_map

    parts = [(word, word.partition("=")) for word in words]
    wrong = [bad_map(word) for word, (theirs, _, ours) in parts if not (theirs and ours)]
    if wrong:
        raise UserError(*wrong)
    return {theirs: ours for _, (theirs, _, ours) in parts}
