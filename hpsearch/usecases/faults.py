"""What can be wrong with what is asked of a study. A test renders each."""

from collections.abc import Iterable
from pathlib import Path

from hpsearch.common.errors import Fault
from hpsearch.common.text import count

MOST_SHOWN = 5
"""So many reasons are shown."""


def workers_need_ray(workers: int) -> Fault:
    return Fault(
        "workers-need-ray",
        f"each trial needs {count(workers, 'worker')}, and `--local` has one.",
        "with `--local` (`local=True` in Python) trials run in this process alone.",
        "leave it out, or pass `--set resources.workers_per_trial=1`.",
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


def experiment_unknown(given: str) -> Fault:
    return Fault(
        "unknown-experiment",
        f"{given} is not an experiment.",
        "`hpsearch.run` takes an `Experiment`, the path of its YAML file, a function, or a "
        "`Command`.",
        "pass one of these.",
    )


def runs_unreachable(name: str, problem: str) -> Fault:
    return Fault(
        "no-tracking",
        f"could not delete the runs of `{name}` in MLflow, so the study's folder stays.",
        problem,
        "check that MLflow answers (from the folder of your search; MLFLOW_TRACKING_URI) and run "
        "the command again, or leave its runs as they are with `--keep-runs`.",
    )


def study_changed(name: str, differences: Iterable[str], file: str, *, amendable: bool) -> Fault:
    amend = f"hpsearch amend {name} {file}" if file else f"hpsearch.open_study({name!r}).amend(...)"
    keep = f"`{amend}` if earlier trials are to count; else give"
    learn = f" (with `warm_start: [{name}]` it learns from this study)"
    return Fault(
        "study-changed",
        f"the study `{name}` was started with another experiment.",
        "its trials would not be comparable:\n" + "\n".join(differences),
        f"{keep if amendable else 'give'} the experiment a new `name`{'' if amendable else learn}, "
        "undo the change, or start a new study with `--fresh`.",
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
        _or_begin_anew(name),
    )


def amendment_for_no_trial(name: str, reasons: Iterable[str], *, finished: bool) -> Fault:
    anew = "`hpsearch run` begins the study anew with the change: no trial of it is finished."
    return Fault(
        "no-trial-counts",
        f"no trial of `{name}` would still count.",
        "\n".join([*reasons][:MOST_SHOWN]) + ".",
        _or_begin_anew(name) if finished else anew,
    )


def _or_begin_anew(name: str) -> str:
    return (
        "undo the change, or begin a new study that learns from this one: "
        f"`hpsearch run experiment.yaml --set name={name}-2 --set 'warm_start=[{name}]'`."
    )


def no_such_trial(name: str, number: object, trials: int) -> Fault:
    return Fault(
        "no-such-trial",
        f"the study `{name}` has no trial {number!r}.",
        f"it has {count(trials, 'trial')}, numbered from 0.",
        f"`hpsearch show {name}` lists them.",
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


def bad_suggestion(word: object, problem: str) -> Fault:
    return Fault(
        "bad-suggestion",
        f"{word!r} is not a hyperparameter with its value.",
        problem,
        "write each once, like `learning_rate=0.003`.",
    )
