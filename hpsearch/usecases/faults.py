"""What can be wrong with what is asked of a study. A test renders each."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from hpsearch.common.errors import Fault, did_you_mean
from hpsearch.common.text import count
from hpsearch.common.trial import TrialRecord

NO_FUNCTION = "no-function"

MOST_SHOWN = 5
"""So many trials that do not fit are named."""


def trainable_changed(reference: str, problem: str) -> Fault:
    return Fault(
        "trainable-changed",
        f"`{reference}` no longer takes the hyperparameters of this trial.",
        problem,
        "undo the change of its parameters since the search.",
    )


def workers_need_ray(workers: int) -> Fault:
    return Fault(
        "workers-need-ray",
        f"each trial needs {count(workers, 'worker')}, and `--local` has one.",
        "with `--local` (`local=True` in Python) trials run in this process alone.",
        "leave it out, or pass `--set resources.workers_per_trial=1`.",
    )


def driven_elsewhere(name: str) -> Fault:
    return Fault(
        "driven-elsewhere",
        f"the study `{name}` is being searched by another process.",
        "`stop` reaches the searches of this process.",
        "press Ctrl-C there, or send its driver SIGTERM: it saves everything.",
    )


def not_running(name: str, slots: int) -> Fault:
    return Fault(
        "not-running",
        f"no driver runs the study `{name}`.",
        "`slots` changes a search while it runs.",
        f"pass `--set resources.parallel_trials={slots}` to `hpsearch run`.",
    )


def no_program(word: str, folder: str) -> Fault:
    return Fault(
        "no-program",
        f"`on_end`: there is no program {word!r}.",
        f"a name is looked for on PATH, a path from the experiment's folder, {folder!r}.",
        "correct it, install the program, or make the file executable.",
    )


def warm_start_useless(name: str, why: str) -> Fault:
    return Fault(
        "useless-warm-start",
        f"`warm_start` names {name!r}, from which nothing can be learned.",
        why,
        "remove it from `warm_start`, or name a study whose hyperparameters have the same names.",
    )


def format_unknown(given: str, formats: Iterable[str]) -> Fault:
    return Fault(
        "unknown-format",
        f"{given!r} is not a format for models.",
        "an export writes only known formats.",
        did_you_mean(given, formats),
    )


def schedule_not_repeatable(name: str, number: int) -> Fault:
    return Fault(
        "schedule-not-repeatable",
        f"trial {number} cannot be confirmed: its hyperparameters changed during its training.",
        "it started from the checkpoint of another trial, and a confirmation trains one set of "
        "hyperparameters from the start: that would be another training.",
        f"`hpsearch show {name} --trial {number}` has its schedule, `evaluate` measures its model; "
        "or confirm a trial that was trained from the start: `--trial N`.",
    )


def population_not_replayed(name: str) -> Fault:
    return Fault(
        "population-not-replayed",
        f"{name!r} cannot be replayed with the pbt sampler.",
        "what a copy would have reported follows from the model that it starts from: nobody knows.",
        "run the experiment; `hpsearch show` has what pbt decided and why.",
    )


def function_not_given(name: str, reference: str) -> Fault:
    return Fault(
        NO_FUNCTION,
        f"the trainable of `{name}` is not in a file.",
        f"Python code gave it: `{reference}`. It is in no file, so hpsearch cannot find it again.",
        f"in Python, with that function as `train`: "
        f"`study = hpsearch.open_study({name!r}, function=train)`; then `study.run()`, "
        "`study.confirm()` and all others work.",
    )


def experiment_unknown(given: str) -> Fault:
    return Fault(
        "unknown-experiment",
        f"{given} is not an experiment.",
        "`hpsearch.run` takes an `Experiment`, the path of its YAML file, a function, or a "
        "`Command`.",
        "pass one of these.",
    )


def results_unreadable(path: str, problem: str) -> Fault:
    return Fault(
        "unreadable-results",
        f"{path!r} cannot be read.",
        f"{problem}.",
        "name a CSV file in UTF-8 whose first line has the names of the columns.",
    )


def file_unreadable(path: str, problem: str) -> Fault:
    return Fault(
        "unreadable-file",
        f"cannot open {path!r}.",
        f"the system says: {problem}.",
        "check the path, and that you may read the file.",
    )


def row_too_long(file: str, row: int, cells: int, columns: int) -> Fault:
    return Fault(
        "row-too-long",
        f"row {row} of {file!r} has {cells} cells, its header {columns}.",
        "it is unclear which cell is of which column.",
        "write numbers with a decimal point, not a comma, and put quotes around a text that has "
        "the separator in it.",
    )


def decimal_comma(file: str, row: int, cell: str) -> Fault:
    return Fault(
        "decimal-comma",
        f"row {row} of {file!r} has the number {cell}.",
        "hpsearch reads numbers with a decimal point.",
        "write all numbers of the file with a decimal point.",
    )


def no_column(file: str, name: str, columns: Iterable[str]) -> Fault:
    return Fault(
        "no-column",
        f"{file!r} has no column for `{name}`.",
        f"its columns are {', '.join(columns)}.",
        f"if one of them is `{name}`, pass `--map COLUMN={name}`; else add the column.",
    )


def column_twice(file: str, name: str) -> Fault:
    return Fault(
        "column-twice",
        f"{file!r} has two columns for `{name}`.",
        "it is unclear which one counts.",
        "remove one of them, or its `--map`.",
    )


def map_from_nowhere(source: str, theirs: str, known: Iterable[str]) -> Fault:
    return Fault(
        "map-from-nowhere",
        f"`--map` names `{theirs}`, which {source!r} does not have.",
        "what stands before `=` is a name there, what stands behind it one of the experiment.",
        did_you_mean(theirs, known),
    )


def map_to_nowhere(theirs: str, ours: str, known: Iterable[str]) -> Fault:
    return Fault(
        "map-to-nowhere",
        f"`--map {theirs}={ours}`: the experiment has no `{ours}`.",
        "what stands behind `=` is a hyperparameter, an objective or a constraint's metric of it.",
        did_you_mean(ours, known),
    )


def bad_map(word: str) -> Fault:
    return Fault(
        "bad-map",
        f"`--map {word}` is not a pair of names.",
        "it has no `=`, or nothing on one side of it.",
        "write `--map THEIRS=OURS`, such as `--map lr=learning_rate`.",
    )


def study_name_of_table(name: str) -> Fault:
    return Fault(
        "study-name-of-a-table",
        f"`--study-name {name}` says nothing about a table.",
        "it chooses one of several studies in an Optuna storage.",
        "leave it out; to import only some rows, remove the others from the file.",
    )


def nothing_to_import(source: str, reasons: Sequence[str]) -> Fault:
    more = [f"and {len(reasons) - MOST_SHOWN} more"] if len(reasons) > MOST_SHOWN else []
    return Fault(
        "nothing-to-import",
        f"no trial of {source!r} is one of this experiment.",
        "\n".join([*reasons[:MOST_SHOWN], *more]) or "it has no trials.",
        "change the experiment to fit them, or pass `--map THEIRS=OURS` if only the names differ.",
    )


def runs_unreachable(name: str, problem: str) -> Fault:
    return Fault(
        "no-tracking",
        f"could not delete the runs of `{name}` in MLflow, so the study's folder stays.",
        problem,
        "check that MLflow answers (from the folder of your search; MLFLOW_TRACKING_URI) and run "
        "the command again, or leave its runs as they are with `--keep-runs`.",
    )


def study_changed(name: str, differences: Iterable[str], file: str) -> Fault:
    amend = f"hpsearch amend {name} {file}" if file else f"hpsearch.open_study({name!r}).amend(...)"
    return Fault(
        "study-changed",
        f"the study `{name}` was started with another experiment.",
        "its trials would not be comparable:\n" + "\n".join(differences),
        f"`{amend}` if earlier trials are to count; else give the "
        "experiment a new `name`, undo the change, or start a new study with `--fresh`.",
    )


def amendment_of_another(study: str, name: str) -> Fault:
    return Fault(
        "other-name",
        f"the experiment is called `{name}`, the study `{study}`.",
        "an amendment changes the experiment of one study, not its name.",
        f"pass `--set name={study}`, or amend `{name}`.",
    )


def amendment_changes_meaning(name: str, differences: Iterable[str]) -> Fault:
    return Fault(
        "other-meaning",
        f"the trials of `{name}` would mean something else.",
        "they cannot be compared with new ones:\n" + "\n".join(differences),
        f"undo the change, or begin a new study that learns from this one: "
        f"`hpsearch run experiment.yaml --set name={name}-2 --set 'warm_start=[{name}]'`.",
    )


def amendment_for_no_trial(name: str, reasons: Iterable[str]) -> Fault:
    return Fault(
        "no-trial-counts",
        f"no trial of `{name}` would still count.",
        "\n".join([*reasons][:MOST_SHOWN]) + ".",
        f"undo the change, or begin a new study that learns from this one: "
        f"`hpsearch run experiment.yaml --set name={name}-2 --set 'warm_start=[{name}]'`.",
    )


def no_such_trial(name: str, number: object, trials: int) -> Fault:
    return Fault(
        "no-such-trial",
        f"the study `{name}` has no trial {number!r}.",
        f"it has {count(trials, 'trial')}, numbered from 0.",
        f"`hpsearch show {name}` lists them.",
    )


def not_complete(name: str, record: TrialRecord) -> Fault:
    return Fault(
        "not-complete",
        f"trial {record.number} of the study `{name}` is {record.state}.",
        record.reason or "only a complete trial has a result to confirm.",
        f"name a complete one; `hpsearch show {name}` lists them.",
    )


def no_such_training(name: str, number: object, trainings: int) -> Fault:
    return Fault(
        "no-such-training",
        f"the confirmation of `{name}` has no training {number}.",
        f"it has {count(trainings, 'training')}, numbered from 0.",
        "pass one of these numbers as `--trial`.",
    )


def not_confirmed(name: str) -> Fault:
    return Fault(
        "not-confirmed",
        f"the study `{name}` has no confirmation.",
        "none was started.",
        f"`hpsearch confirm {name}` starts one.",
    )


def no_such_attempt(name: str, number: int, attempt: object, attempts: int) -> Fault:
    return Fault(
        "no-such-attempt",
        f"trial {number} of the study `{name}` has no attempt {attempt!r}.",
        f"it has {count(attempts, 'attempt')}, numbered from 1.",
        "leave out `--attempt` to see the last one.",
    )


def no_checkpoint(name: str, number: int) -> Fault:
    return Fault(
        "no-checkpoint",
        f"trial {number} of `{name}` has no checkpoint.",
        "only the best trials keep theirs (`checkpoints.keep`), if the trainable hands one over.",
        "export one of the best trials, or raise `checkpoints.keep` for the next search.",
    )


def imported_without_model(name: str, number: int) -> Fault:
    return Fault(
        "imported-trial",
        f"trial {number} of `{name}` has no model: it was imported.",
        "only what another program measured was imported.",
        f"pass the best trial that was trained here as `--trial` (`hpsearch show {name}`), or "
        f"suggest the hyperparameters of this one to train it.",
    )


def not_evaluable(reference: str) -> Fault:
    return Fault(
        "not-evaluable",
        f"`{reference}` says nothing about held-out data.",
        "it has no function `evaluate(model, params, device)` next to `train`.",
        "add one that returns a dictionary of metrics; the search never calls it.",
    )


def command_not_exportable(command: str) -> Fault:
    return Fault(
        "not-exportable",
        f"hpsearch cannot build the model of `{command}`.",
        "a command has no function that returns its model.",
        "use the files of its checkpoints, in `trials/` of the study's folder; or make the "
        "trainable a function, with `build_model(params)` beside it.",
    )


def evaluation_failed(reference: str, problem: str) -> Fault:
    return Fault(
        "failed-evaluation",
        f"the `evaluate` of `{reference}` returned no usable metrics.",
        problem.strip(),
        "it must return a dictionary of numbers, and may add `examples`, `confusion_matrix` and "
        "`classes`; it does not affect the search.",
    )


def not_an_export(path: Path, others: Iterable[str]) -> Fault:
    return Fault(
        "not-an-export",
        f"{str(path)!r} holds more than an export, and is left as it is.",
        f"`--force` would delete {', '.join(others)}.",
        "name another folder.",
    )


def model_missing(name: str, studies: Iterable[str]) -> Fault:
    hint = did_you_mean(name, studies, "name a study, a file or a folder that is there.")
    return Fault(
        "no-model",
        f"there is no model {name!r}.",
        "no study, file or folder has that name, and it is no `models:/` or `runs:/` of MLflow.",
        f"{hint} (`hpsearch ls` lists the studies.)",
    )


def no_model_in_folder(path: Path, files: Iterable[str]) -> Fault:
    return Fault(
        "no-model",
        f"there is no model in {str(path)!r} that can be run.",
        f"it has none of {', '.join(files)}.",
        "name a folder that `hpsearch export` wrote, or the file itself.",
    )


def trial_of_no_study(name: str) -> Fault:
    return Fault(
        "trial-of-no-study",
        f"{name!r} has no trials to choose from.",
        "it is one model, not a study.",
        "leave `--trial` out, or name the study.",
    )


def no_probabilities(name: str) -> Fault:
    return Fault(
        "no-probabilities",
        f"{name!r} does not return probabilities.",
        "`predict` needs an output for each class, 0 or more, with a sum of 1.",
        "return such a model from `for_serving(model)` next to `train`, for example with a softmax "
        "at its end.",
    )


def model_unfit(name: str, problem: str) -> Fault:
    return Fault(
        "unfit-model",
        f"{name!r} does not classify images.",
        problem,
        "it must take (batch, 1 or 3, height, width) to a probability for each class; "
        "`for_serving(model)` next to `train` can return such a model, and `read_input(source)` "
        "reads inputs that are no images.",
    )


def pictures_missing(path: str) -> Fault:
    return Fault(
        "no-picture",
        f"there is no image {path!r}.",
        "no PNG or JPEG file, nor a folder with any, is there.",
        "name files or folders, or `-` to read one image from stdin.",
    )


def file_exists(path: Path) -> Fault:
    return Fault(
        "file-exists",
        f"{str(path)!r} is there already.",
        "files are not overwritten without `--force`.",
        "name another path, or pass `--force`.",
    )


def suggestion_unfit(name: str, what: str, why: str, fix: str) -> Fault:
    return Fault("unfit-suggestion", f"cannot suggest that to `{name}`: {what}.", f"{why}.", fix)


def argument_wrong(name: str, given: object, needed: str) -> Fault:
    return Fault(
        "wrong-argument", f"`{name}` is {given!r}.", f"it must be {needed}.", f"pass {needed}."
    )


def argument_unknown(name: str, known: Iterable[str]) -> Fault:
    return Fault(
        "unknown-argument",
        f"there is no argument `{name}`.",
        "it is neither an argument of this function nor a section of the experiment.",
        did_you_mean(name, known),
    )


def bad_suggestion(word: object, problem: str) -> Fault:
    return Fault(
        "bad-suggestion",
        f"{word!r} is not a hyperparameter with its value.",
        problem,
        "write each once, like `learning_rate=0.003`.",
    )


def nothing_to_replay(name: str) -> Fault:
    return Fault(
        "nothing-to-replay",
        f"no trial of the study `{name}` reported its objective.",
        "what another strategy would have done follows from the curves of its trials.",
        "run the search first, with a trainable that reports while it trains.",
    )


def too_few_probes(name: str, ended: int, begun: int) -> Fault:
    return Fault(
        "too-few-probes",
        f"only {ended} of {count(begun, 'probe trial')} of `{name}` trained to the end.",
        "at least 2 are needed to say how much trials differ.",
        "pass more `--minutes` or a larger `--probe`; if trials failed, `hpsearch run --local` "
        "shows why.",
    )


def too_few_trials(name: str, ended: int) -> Fault:
    return Fault(
        "too-few-trials",
        f"the study `{name}` has {count(ended, 'trial')} that ended and took time.",
        "at least 2 are needed to say how much trials differ.",
        "name another study, or run probe trials: leave out `--from`.",
    )
