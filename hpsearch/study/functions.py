"""What Python code calls first: begin a study, open one, list them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpsearch import usecases
from hpsearch.display.live_table import choose_display
from hpsearch.experiment import Command, Experiment
from hpsearch.store import Studies, default_studies, find_study, is_folder, open_store
from hpsearch.study.arguments import Keys, budget_keys, import_request, refuse_unknown
from hpsearch.study.search import display_or_own
from hpsearch.study.study import Function, Study
from hpsearch.study.traceback import direct
from hpsearch.usecases import PROBE_TRIALS, Forecast, Imported, Source


@direct
def run(
    experiment: Experiment | str | Path | Function | Command,
    *,
    set: Keys | None = None,
    name: str | None = None,
    space: Mapping[str, Any] | None = None,
    objective: Any = None,
    params: Mapping[str, Any] | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    studies: Studies | None = None,
    local: bool = False,
    fresh: bool = False,
    register: bool = True,
    verbose: bool = False,
    quiet: bool = False,
    **sections: Any,
) -> Study:
    """Search until the budget is spent, and return the study; the same call resumes it.

    `experiment` is the path of a YAML file, an `Experiment`, or the trainable itself: a function
    `train(params, trial)`, or a `Command`. Other named arguments replace whole sections of the
    experiment; `set` sets single keys by their path, as `--set` does: `set={"budget.minutes": 3}`.
    `local` runs the trials in this thread, without Ray; `fresh` starts a new study and renames the
    one of this name.

    Raises UserError before anything starts, SearchFailed if no trial is complete in the end, and
    KeyboardInterrupt after a Ctrl-C, with everything saved.
    """
    refuse_unknown(sections, run)
    named = {"name": name, "space": space, "objective": objective, "params": params}
    asked = {key: value for key, value in named.items() if value is not None}
    source = Source.given(experiment, asked | sections, budget_keys(trials, minutes, set))
    study = Study(_place(studies), source.experiment.name)
    study._run(
        source, choose_display(quiet=quiet),
        local=local, fresh=fresh, register=register, verbose=verbose,
    )  # fmt: skip
    return study


@direct
def plan(
    experiment: Experiment | str | Path | Function | Command,
    *,
    trials: int | None = None,
    probe: int = PROBE_TRIALS,
    minutes: float | None = None,
    from_study: "Study | str | None" = None,
    set: Keys | None = None,
    studies: Studies | None = None,
    local: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    **sections: Any,
) -> Forecast:
    """Return how long the budget of an experiment takes, its disk and memory, with intervals.

    `trials` is the budget's. Runs `probe` trials, within so many `minutes`, in a study that is
    thrown away; or, if `from_study` is given, goes by the trials of that study and runs nothing.
    `experiment`, `set` and other named arguments are as in `hpsearch.run`. Raises UserError before
    anything starts, SearchFailed if the probe trials fail.
    """
    refuse_unknown(sections, plan)
    source = Source.given(experiment, sections, budget_keys(trials, None, set))
    if from_study is not None:
        known = from_study if isinstance(from_study, Study) else open_study(from_study, studies)
        return usecases.forecast_by_study(source, known.look())
    with display_or_own(None, quiet=quiet) as display:
        return usecases.forecast_by_probe(
            source, display, trials=probe, minutes=minutes, local=local, verbose=verbose
        )


@direct
def import_trials(
    experiment: Experiment | str | Path,
    origin: str | Path,
    *,
    map: Mapping[str, str] | None = None,
    study_name: str | None = None,
    dry_run: bool = False,
    studies: Studies | None = None,
) -> Imported:
    """Make the finished trials of another program trials of the experiment's study.

    `origin` is a CSV file with a column for each hyperparameter and objective, an Optuna journal, a
    SQLite file, or a database's URL; `map` has our names for theirs, `study_name` says which study
    of several. The study begins with them if it does not exist. What it has already is not added
    again. Raises UserError with all that is wrong before anything is written.
    """
    source = Source.given(experiment, {}, {})
    store = open_store(_place(studies)).study(source.experiment.name)
    request = import_request(origin, map, study_name)
    return usecases.import_trials(source, store, request, dry_run=dry_run)


@direct
def open_study(
    name_or_path: str | Path, studies: Studies | None = None, *, function: Function | None = None
) -> Study:
    """Return a study by its name or its address; raises UserError if there is none.

    If Python code gave its trainable as a function, pass that `function` again to resume the study,
    to confirm its trials, or to use its models.
    """
    name = str(name_or_path).rstrip("/")
    if studies is None and "/" in name:
        studies, _, name = name.rpartition("/")
    store = open_store(_place(studies))
    find_study(store, name)
    return Study(store, name, function)


@direct
def list_studies(studies: Studies | None = None) -> list[Study]:
    """Return the studies of a store, by name."""
    store = open_store(_place(studies))
    return [Study(store, name) for name in store.names()]


def _place(studies: Studies | None) -> Studies:
    """Return where studies are; a folder as an absolute path, as the current folder may change."""
    place = default_studies() if studies is None else studies
    return Path(place).absolute() if is_folder(place) else place
