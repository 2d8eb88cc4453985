"""What can be wrong with what is asked of a trial's model."""

from collections.abc import Iterable
from pathlib import Path

from hpsearch.common.errors import Fault, did_you_mean

NO_FUNCTION = "no-function"


def trainable_changed(reference: str, problem: str) -> Fault:
    return Fault(
        "trainable-changed",
        f"`{reference}` no longer takes the hyperparameters of this trial.",
        problem,
        "undo the change of its parameters since the search.",
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


def command_not_exportable(command: str) -> Fault:
    return Fault(
        "not-exportable",
        f"hpsearch cannot build the model of `{command}`.",
        "a command has no function that returns its model.",
        "use the files of its checkpoints, in `trials/` of the study's folder; or make the "
        "trainable a function, with `build_model(params)` beside it.",
    )


def imported_without_model(name: str, number: int) -> Fault:
    return Fault(
        "imported-trial",
        f"trial {number} of `{name}` has no model: it was imported.",
        "only what another program measured was imported.",
        f"pass the best trial that was trained here as `--trial` (`hpsearch show {name}`), or "
        f"suggest the hyperparameters of this one to train it.",
    )


def no_checkpoint(name: str, number: int) -> Fault:
    return Fault(
        "no-checkpoint",
        f"trial {number} of `{name}` has no checkpoint.",
        "the trainable saved none, or it was not kept: only the best trials keep theirs.",
        "save the model in the trainable (`checkpoint=` of `trial.report`) and train again; if it "
        "does, take one of the best trials, or raise `checkpoints.keep` for the next search.",
    )


def damaged_checkpoint(name: str, number: int) -> Fault:
    return Fault(
        "damaged-checkpoint",
        f"the checkpoint of trial {number} of `{name}` is damaged.",
        "its files are not what was written; its folder is kept, and ends with `.bad` now.",
        f"pass another trial as `--trial` (`hpsearch show {name}`), or train this one again: "
        f"`hpsearch confirm {name} --trial {number}`.",
    )


def not_evaluable(reference: str) -> Fault:
    return Fault(
        "not-evaluable",
        f"`{reference}` says nothing about held-out data.",
        "it has no function `evaluate(model, params, device)` next to `train`.",
        "add one that returns a dictionary of metrics; the search never calls it.",
    )


def evaluation_failed(reference: str, problem: str) -> Fault:
    return Fault(
        "failed-evaluation",
        f"the `evaluate` of `{reference}` returned no usable metrics.",
        problem.strip(),
        "it must return a dictionary of numbers, and may add `examples`, `confusion_matrix` and "
        "`classes`; it does not affect the search.",
    )


def format_unknown(given: str, formats: Iterable[str]) -> Fault:
    return Fault(
        "unknown-format",
        f"{given!r} is not a format for models.",
        "an export writes only known formats.",
        did_you_mean(given, formats),
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
