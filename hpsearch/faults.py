"""Every fault that hpsearch can find, one function each: what happened, why, how to fix it.

A test renders all of them. Imports `errors` and `words` alone.
"""

from collections.abc import Iterable
from pathlib import Path

from hpsearch.errors import Fault, did_you_mean
from hpsearch.words import count, written

# ---- the experiment file -------------------------------------------------------------------------


def experiment_missing(path: Path, siblings: list[str]) -> Fault:
    return Fault(
        "no-experiment",
        f"there is no experiment file {str(path)!r}.",
        "hpsearch was told to read it, and nothing is there.",
        did_you_mean(str(path), siblings)
        if siblings
        else "`hpsearch init` writes one to start from.",
    )


def yaml_unreadable(path: Path, problem: str) -> Fault:
    return Fault(
        "unreadable-file",
        f"{str(path)!r} cannot be read.",
        problem,
        "check that it is a text file in UTF-8 that you may read.",
    )


def yaml_too_large(path: Path, size: int, limit: int) -> Fault:
    return Fault(
        "file-too-large",
        f"{path} has {size:,} bytes.",
        f"an experiment is written by a person; more than {limit:,} bytes are refused.",
        "check that this is the file you meant; data belongs beside it, not into it.",
    )


def yaml_malformed(path: Path | str, problem: str) -> Fault:
    return Fault(
        "malformed-yaml",
        f"{path} is not plain YAML.",
        problem,
        "correct that line; tags such as `!!python/object` are never allowed.",
    )


def yaml_not_a_mapping(path: Path) -> Fault:
    return Fault(
        "not-an-experiment",
        f"{path} holds no `key: value` pairs.",
        "an experiment starts with keys such as `name:` and `trainable:`.",
        "`hpsearch init` writes an experiment to start from.",
    )


def yaml_too_many_nodes(path: Path | str, limit: int) -> Fault:
    return Fault(
        "yaml-bomb",
        f"{path} unfolds to more than {limit:,} values.",
        "its aliases (`*name`) repeat each other many times over.",
        "write the values out, or take the aliases away.",
    )


def yaml_duplicate_key(path: Path | str, key: str, first: int, second: int) -> Fault:
    return Fault(
        "duplicate-key",
        f"{path}:{second}: `{key}` is there twice.",
        f"it stands on line {first} already, and one would silently win.",
        "take one of them out.",
    )


def ambiguous_value(where: str, name: str, text: str, readings: Iterable[str]) -> Fault:
    others = ", ".join(f"`{one}`" for one in readings)
    return Fault(
        "ambiguous-value",
        f"{where}: `{name}` is {text[:80]} without quotes.",
        f"that can be read as a text or as {others}, and YAML's versions differ.",
        f'write {others}, or `"{text}"` for the text.',
    )


def number_too_large(where: str, name: str) -> Fault:
    return Fault(
        "too-large-number",
        f"{where}: the number at `{name}` is too large.",
        "no float holds it, and it is longer than any whole number that is searched.",
        "write a smaller one, or put it into quotes if it is a text.",
    )


def unknown_key(where: str, name: str, known: Iterable[str]) -> Fault:
    return Fault(
        "unknown-key",
        f"{where}: there is no key `{name}`.",
        "hpsearch would not use it, so what you meant by it would not happen.",
        did_you_mean(name.rpartition(".")[2], known),
    )


def missing_key(where: str, name: str) -> Fault:
    return Fault(
        "missing-key",
        f"{where}: `{name}` is missing.",
        "it has no default.",
        f"add `{name}`; `hpsearch schema` says what it may be.",
    )


def bad_value(where: str, name: str, problem: str) -> Fault:
    return Fault(
        "bad-value",
        f"{where}: {f'`{name}`' if name else 'the experiment'} does not hold together.",
        problem.partition("; ")[0] + ".",
        (problem.partition("; ")[2] or "change one of the two") + ".",
    )


def wrong_value(where: str, name: str, value: object, expected: str, fix: str) -> Fault:
    return Fault(
        "wrong-value",
        f"{where}: `{name}` is {_short(value)}.",
        f"{expected}.",
        fix,
    )


def bad_override(
    override: str, problem: str = "it must name a key by its path and give it a value."
) -> Fault:
    return Fault(
        "bad-override",
        f"`--set {override}` is not understood.",
        problem,
        "write it like `--set space.learning_rate.high=0.3`.",
    )


def ambiguous_override(override: str, readings: Iterable[str]) -> Fault:
    return Fault(
        "ambiguous-override",
        f"`--set {override}` can mean two keys.",
        "they are " + " and ".join(f"`{one}`" for one in readings) + ".",
        "put each name with a dot into quotes, as it stands there, or a single part of the path.",
    )


def bad_option(section: str, kind: str, option: str, known: Iterable[str]) -> Fault:
    return Fault(
        "unknown-option",
        f"`{section}.{option}` is not an option of the {kind} {section}.",
        f"Optuna's class for `type: {kind}` does not take it.",
        did_you_mean(option, known),
    )


def missing_option(section: str, kind: str, option: str, expected: str) -> Fault:
    return Fault(
        "missing-option",
        f"the {kind} {section} needs `{option}`.",
        "it has no default.",
        f"add it under `{section}`: {expected}.",
    )


def wrong_option(section: str, option: str, value: object, expected: str) -> Fault:
    return Fault(
        "wrong-option",
        f"`{section}.{option}` is {_short(value)}.",
        f"it must be {expected}.",
        f"change it, or take it out for the default of `{section}`.",
    )


def refused_options(section: str, kind: str, problem: str) -> Fault:
    return Fault(
        "refused-options",
        f"Optuna refuses the options of the {kind} {section}.",
        problem,
        f"change `{section}` in the experiment.",
    )


def space_unfit_for_sampler(kind: str, problem: str) -> Fault:
    return Fault(
        "unfit-space",
        f"the {kind} sampler cannot search this space.",
        problem,
        "give each float a `step` or turn it into a list of choices, or take another sampler.",
    )


# ---- the trainable -------------------------------------------------------------------------------


RECIPE = """\
def train(params, trial):
    for epoch in range(params["epochs"]):
        loss = ...  # train for an epoch with params["learning_rate"]
        trial.report(epoch, {"loss": loss})"""
"""A trainable in four lines."""


def trainable_unnamed(reference: str, why: str, fix: str) -> Fault:
    return Fault(
        "unnamed-trainable", f"`trainable: {reference}` does not name a function.", why, fix
    )


def trainable_file_missing(reference: str, path: Path, fix: str) -> Fault:
    return Fault(
        "no-trainable",
        f"the trainable `{reference}` is not there.",
        f"there is no file {str(path)!r}.",
        fix,
    )


def trainable_module_missing(reference: str, module: str, searched: Iterable[Path]) -> Fault:
    return Fault(
        "no-trainable",
        f"the trainable `{reference}` is not there.",
        f"Python finds no module `{module}`: neither installed nor in "
        f"{', '.join(map(str, searched))}.",
        "install the package into this environment, or name a file by its path from the "
        "experiment's folder.",
    )


def trainable_is_folder(reference: str, module: str, fix: str) -> Fault:
    return Fault(
        "no-trainable",
        f"the trainable `{reference}` is not there.",
        f"`{module}` is a folder, and has no functions of its own.",
        fix,
    )


def trainable_hidden(reference: str, name: str, path: Path, instead: str) -> Fault:
    return Fault(
        "hidden-trainable",
        f"the trainable `{reference}` cannot be imported by that name.",
        f"`{name}` is a module that Python or hpsearch needs; {path} has the same name.",
        f"write `{instead}`, or rename it.",
    )


def trainable_in_package(reference: str, line: str, fix: str) -> Fault:
    return Fault(
        "trainable-in-package",
        f"the trainable `{reference}` is part of a package, and named as a file.",
        f"{line}\na relative import works only in a module of a package.",
        fix,
    )


def trainable_not_sent(reference: str, path: Path, folder: Path) -> Fault:
    return Fault(
        "trainable-not-sent",
        f"the trainable `{reference}` does not travel to the cluster.",
        f"only the experiment's folder {folder} is sent; {path} lies outside of it.",
        "move the experiment above the code, or install the code as a package on every machine of "
        "the cluster.",
    )


def name_taken(path: Path, name: str) -> Fault:
    return Fault(
        "name-taken",
        f"{path} would be imported in place of the module `{name}`.",
        "on a cluster the experiment's folder comes first, and Ray's workers need that module.",
        f"rename {path.name}, or move it into a folder below.",
    )


def trainable_function_missing(reference: str, function: str, known: Iterable[str]) -> Fault:
    others = list(known)
    return Fault(
        "no-trainable",
        f"the trainable `{reference}` is not there.",
        f"the module has no function `{function}`.",
        did_you_mean(function, others) if others else f"add such a function:\n{RECIPE}",
    )


def trainable_broken(
    reference: str, problem: str, fix: str = "correct it; no process can import it until then."
) -> Fault:
    return Fault(
        "broken-trainable",
        f"the trainable `{reference}` cannot be imported.",
        problem.strip(),
        fix,
    )


def trainable_arguments(
    reference: str,
    signature: str,
    fix: str = "write it as `def train(params, trial)`; whatever else it takes needs a default.",
) -> Fault:
    return Fault(
        "trainable-arguments",
        f"the trainable `{reference}` cannot be called with two arguments.",
        f"it takes {signature}; hpsearch calls it with the hyperparameters and the trial.",
        fix,
    )


def trainable_is_generator(reference: str) -> Fault:
    return Fault(
        "trainable-arguments",
        f"the trainable `{reference}` is a generator.",
        "calling a function with `yield` in it runs none of its code.",
        "call `trial.report(step, metrics)` instead of `yield`.",
    )


def unfit_parameters(reference: str, annotation: str, why: str, fix: str) -> Fault:
    return Fault(
        "unfit-parameters",
        f"the first parameter of `{reference}` is a `{annotation}`, which cannot be filled.",
        why,
        fix,
    )


def trainable_changed(reference: str, problem: str) -> Fault:
    return Fault(
        "trainable-changed",
        f"`{reference}` no longer takes the hyperparameters of this trial.",
        problem,
        "undo the change of its parameters since the search.",
    )


def trainable_slow(reference: str, seconds: float) -> Fault:
    return Fault(
        "broken-trainable",
        f"the trainable `{reference}` cannot be imported.",
        f"its module was still at it after {seconds:g} seconds.",
        "move what takes long out of the module's top level, into the function.",
    )


def unknown_parameter(where: str, name: str, type_name: str, known: Iterable[str]) -> Fault:
    fields = sorted(known)
    return Fault(
        "unknown-parameter",
        f"the experiment names a parameter that the trainable does not take: `{where}`.",
        f"`{name}` is not a field of {type_name} ({', '.join(fields) or 'it has none'}).",
        did_you_mean(name, fields),
    )


def missing_parameter(name: str, type_name: str) -> Fault:
    return Fault(
        "missing-parameter",
        f"the trainable needs `{name}`, and nobody gives it.",
        f"the field `{name}` of {type_name} has no default.",
        f"add `{name}` to `params` or to `space` (where it must always exist).",
    )


def unfillable_parameter(name: str, why: str, fix: str) -> Fault:
    return Fault(
        "wrong-parameter-type",
        f"the trainable needs `{name}`, and no experiment can give it.",
        why,
        fix,
    )


def parameter_type(where: str, value: object, why: str, fix: str) -> Fault:
    return Fault(
        "wrong-parameter-type",
        f"`{where}` can be {_short(value)}, which the trainable does not take.",
        why,
        fix,
    )


# ---- machine, stores and studies -----------------------------------------------------------------


def gpu_absent(wanted: float, present: float) -> Fault:
    return Fault(
        "no-gpu",
        f"each trial needs {count(wanted, 'GPU')}, and Ray finds {present:g}.",
        "`resources.gpus_per_trial` asks for more than there is.",
        "set it to null (a GPU where there is one) or 0, or start where the GPU is.",
    )


def cpus_absent(wanted: float, present: float) -> Fault:
    return Fault(
        "no-cpu",
        f"each trial needs {count(wanted, 'CPU')}, and Ray finds {present:g}.",
        "`resources.cpus_per_trial` asks for more than there is.",
        "lower it; a trial must fit on one machine.",
    )


def ray_unreachable(address: str, problem: str) -> Fault:
    return Fault(
        "no-ray",
        f"cannot connect to Ray at {address}.",
        problem,
        "check `resources.ray_address` (null starts Ray on this machine), and whether the cluster "
        "wants a token: RAY_AUTH_TOKEN gives one, RAY_AUTH_MODE=disabled none.",
    )


def driver_unreachable(place: str, problem: str) -> Fault:
    return Fault(
        "driver-unreachable",
        f"a worker cannot connect to the search at {place}.",
        problem,
        "let the cluster's machines reach each other on all ports above 1024, as Ray asks; or run "
        "the search on a machine of the cluster, as a Ray job: `ray job submit -- hpsearch run …`.",
    )


def ray_client_address(address: str) -> Fault:
    return Fault(
        "ray-client",
        f"`resources.ray_address` is {address}, an address of Ray Client.",
        "a search needs a connection of its workers to itself, which Ray Client does not give.",
        "run the search on a machine of the cluster, as a Ray job: `ray job submit -- hpsearch run "
        "…`, with `ray_address: auto`.",
    )


def ray_not_started(problem: str, folder: str) -> Fault:
    return Fault(
        "no-ray",
        "Ray does not start on this machine.",
        problem,
        f"see that there is room in {folder} and /dev/shm, and that you may write there; Ray's own "
        f"logs are in {folder}/session_latest/logs. `--local` searches in one process, without "
        "Ray.",
    )


def ray_keeps_dying(why: str, times: int, folder: str) -> Fault:
    return Fault(
        "ray-keeps-dying",
        f"{why}; it has died {times} times in this run.",
        "the search went on each time, but it will not for ever.",
        f"look for the reason in {folder}/session_latest/logs; the same command goes on.",
    )


def tracking_unreachable(uri: str, problem: str) -> Fault:
    return Fault(
        "no-tracking",
        f"MLflow cannot record at {uri}.",
        problem,
        "check `tracking.uri` and MLFLOW_TRACKING_URI, and that the server runs.",
    )


def tracking_experiment_deleted(name: str) -> Fault:
    return Fault(
        "deleted-experiment",
        f"the MLflow experiment `{name}` is in MLflow's trash.",
        "nothing can be recorded in it there.",
        "restore it (`mlflow experiments restore`), or name another as `tracking.experiment`.",
    )


def folder_unwritable(folder: Path, problem: str) -> Fault:
    return Fault(
        "unwritable-folder",
        f"{str(folder)!r} cannot be written.",
        problem,
        "give yourself the right to write there, or name another folder.",
    )


def choices_confused(name: str, parameter: str) -> Fault:
    return Fault(
        "confused-choices",
        f"the study `{name}` was begun by a version that mixed up the choices of `{parameter}`.",
        "they are equal to Python, such as 1 and true; which of them its trials had is not known.",
        "start anew with `--fresh`: the old study is renamed, not deleted.",
    )


def study_busy(name: str, owner: str) -> Fault:
    return Fault(
        "study-busy",
        f"another `hpsearch` is at work on the study `{name}`.",
        f"its driver is {owner}.",
        "wait for it or stop it; a study has one driver at a time.",
    )


def study_missing(name: str, folder: Path, known: Iterable[str]) -> Fault:
    words = list(known)
    hint = f"{did_you_mean(name, words)} (`hpsearch ls` lists them.)"
    return Fault(
        "no-study",
        f"there is no study `{name}` in {str(folder)!r}.",
        "no search of that name was started there." if words else "no search was started there.",
        hint if words else "go to the folder of your search, or name its `studies` by `--studies`.",
    )


def study_is_link(folder: Path, target: Path) -> Fault:
    return Fault(
        "linked-study",
        f"{str(folder)!r} is a link, and is left as it is.",
        f"its study lies in {str(target)!r}, where others may use it.",
        f"remove it there: `hpsearch rm {target.name} --studies {target.parent}`; then the link.",
    )


def folder_without_study(folder: Path) -> Fault:
    return Fault(
        "not-a-study",
        f"{str(folder)!r} holds no study, and is left as it is.",
        "there is no journal in it, which every search writes first.",
        "look at what it is; if you do not need it, remove it by hand.",
    )


def removal_unconfirmed() -> Fault:
    return Fault(
        "not-confirmed",
        "nothing is removed.",
        "confirmation needs a terminal, and there is none.",
        "if the above is what you want, pass `--yes`.",
    )


def runs_unreachable(name: str, problem: str) -> Fault:
    return Fault(
        "no-tracking",
        f"could not delete the runs of `{name}` in MLflow, so the study's folder stays.",
        problem,
        "check that MLflow answers (from the folder of your search; MLFLOW_TRACKING_URI) and run "
        "the command again, or leave its runs as they are with `--keep-runs`.",
    )


def removal_unfinished(name: str, problem: str) -> Fault:
    return Fault(
        "unfinished-removal",
        f"the folder of `{name}` cannot be removed completely.",
        problem,
        "correct that; the same command removes the rest.",
    )


def study_changed(name: str, differences: Iterable[str]) -> Fault:
    return Fault(
        "study-changed",
        f"the study `{name}` was started with another experiment.",
        "its trials would not be comparable:\n" + "\n".join(differences),
        "give the experiment a new `name`, undo the change, or start anew with `--fresh`.",
    )


def journal_damaged(path: Path, line: int) -> Fault:
    return Fault(
        "damaged-journal",
        f"{str(path)!r} is damaged.",
        f"line {line} is not what was written.",
        "`hpsearch run` keeps a copy, saves what can be saved, and says what was lost.",
    )


def journal_unreadable(path: Path, problem: str) -> Fault:
    return Fault(
        "unreadable-journal",
        f"{str(path)!r} cannot be read.",
        f"{problem}.",
        "give yourself the right to read it, or put the file back that was there.",
    )


def journal_foreign(path: Path, line: int, problem: str, version: str) -> Fault:
    return Fault(
        "foreign-record",
        f"{str(path)!r} has a record in line {line} that was not written by hpsearch.",
        f"Optuna {version} cannot read it: {problem}.",
        "if a newer Optuna wrote it, install that one; else take the line out, or start anew with "
        "`--fresh`, which keeps this study under another name.",
    )


def foreign_trials(path: Path, problems: Iterable[str]) -> Fault:
    return Fault(
        "foreign-trial",
        f"{str(path)!r} has trials of another experiment.",
        "they cannot be compared with those of this one:\n" + "\n".join(problems),
        "give the experiment another `name`, or start anew with `--fresh`, which keeps this study "
        "under another name.",
    )


def journal_shared(path: Path) -> Fault:
    return Fault(
        "shared-journal",
        f"another program has written trials into {str(path)!r} during the search.",
        "two writers would mix up their trials, so the search stopped; everything is saved.",
        "let the other program end; the same command takes its trials up and resumes the search.",
    )


def optuna_failed(what: str, problem: str) -> Fault:
    return Fault(
        "optuna-failed",
        f"Optuna's {what} failed.",
        f"{problem}.",
        "choose another one in the experiment; the same command resumes the search.",
    )


def identity_unreadable(path: Path, problem: str) -> Fault:
    return Fault(
        "unreadable-study",
        f"{str(path)!r} cannot be read.",
        f"{problem}; it says which study this is and where its trainable is.",
        "put the file back, or start anew with `--fresh`, which keeps this study under another "
        "name.",
    )


def journal_unwritable(path: Path, problem: str) -> Fault:
    return Fault(
        "unwritable-journal",
        f"{str(path)!r} cannot be written any more.",
        f"{problem}; a search without a journal would lose its trials, so it stopped.",
        "make room there; the same command resumes the search.",
    )


def no_complete_trial(name: str, causes: Iterable[str], fixes: Iterable[str]) -> Fault:
    return Fault(
        "no-complete-trial",
        f"the study `{name}` has no complete trial, so there is no best one.",
        "\n".join(causes),
        "\n".join([*fixes, f"`hpsearch show {name}` lists the trials."]),
    )


def no_such_trial(name: str, number: int, trials: int) -> Fault:
    return Fault(
        "no-such-trial",
        f"the study `{name}` has no trial {number}.",
        f"it has {count(trials, 'trial')}, numbered from 0.",
        f"`hpsearch show {name}` lists them.",
    )


def no_such_attempt(name: str, number: int, attempt: int, attempts: int) -> Fault:
    return Fault(
        "no-such-attempt",
        f"trial {number} of the study `{name}` has no attempt {attempt}.",
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


def not_exportable(reference: str, missing: str) -> Fault:
    return Fault(
        "not-exportable",
        f"the model of `{reference}` cannot be built.",
        missing,
        "have `build_model(params)` beside `train`, and `model.safetensors` in each checkpoint.",
    )


def not_evaluable(reference: str) -> Fault:
    return Fault(
        "not-evaluable",
        f"`{reference}` says nothing about held-out data.",
        "it has no function `evaluate(model, params, device)` beside `train`.",
        "add one that returns a dictionary of metrics; the search never calls it.",
    )


def evaluation_failed(reference: str, problem: str) -> Fault:
    return Fault(
        "failed-evaluation",
        f"the `evaluate` of `{reference}` returned no usable metrics.",
        problem.strip(),
        "it must return a dictionary of numbers, and may add `examples`, `confusion_matrix` and "
        "`classes`; the search is not touched by it.",
    )


def weights_unreadable(problem: str) -> Fault:
    return Fault(
        "damaged-weights",
        "the weights of the checkpoint cannot be read.",
        f"model.safetensors is damaged: {problem}",
        "take another trial's checkpoint; the trainable must write it whole.",
    )


def weights_unfit(problem: str) -> Fault:
    return Fault(
        "unfit-weights",
        "the weights of the checkpoint do not fit the model that `build_model` builds.",
        problem,
        "build the model as it was when it was trained; `build_model` may use only `params`.",
    )


def model_untraceable(problem: str) -> Fault:
    return Fault(
        "untraceable-model",
        "torch cannot turn the model into a file that runs without its code.",
        problem,
        "torch.export needs a `forward` of tensors alone, for any number of examples; "
        "`for_serving(model)` beside `train` may return a simpler module.",
    )


def export_unusable(file: str, problem: str) -> Fault:
    return Fault(
        "unusable-export",
        f"{file} cannot be used by a program of its own, so nothing is written.",
        problem,
        "leave that format out (`--format` names those that you want), or change the model.",
    )


def export_differs(file: str, problem: str) -> Fault:
    return Fault(
        "export-differs",
        f"{file} gives other outputs than the model, so nothing is written.",
        problem,
        "a `forward` must treat each example by itself, for any number of them, and draw no "
        "random number; or leave that format out.",
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


def mlflow_model_missing(uri: str, store: str, problem: str) -> Fault:
    return Fault(
        "no-model",
        f"MLflow gives no model `{uri}`.",
        f"{store} was asked: {problem}",
        "check the name, and which store MLFLOW_TRACKING_URI names.",
    )


def trial_of_no_study(name: str) -> Fault:
    return Fault(
        "trial-of-no-study",
        f"{name!r} has no trials to choose from.",
        "it is one model, not a study.",
        "leave `--trial` out, or name the study.",
    )


def model_unreadable(path: Path, problem: str) -> Fault:
    return Fault(
        "unreadable-model",
        f"{str(path)!r} cannot be read as a model.",
        problem,
        "check that it is a whole .pt2, .onnx or .torchscript file; `hpsearch export` writes one.",
    )


def model_altered(path: Path, manifest: str) -> Fault:
    return Fault(
        "altered-model",
        f"{str(path)!r} is not the file that was exported.",
        f"its SHA-256 is not the one in the {manifest} beside it; perhaps it is cut short.",
        "copy it again, or export it anew.",
    )


def model_refused(path: Path, problem: str) -> Fault:
    return Fault(
        "refused-model",
        f"{str(path)!r} is not loaded: that could run what somebody put into it.",
        problem,
        "take a file that `hpsearch export` writes; it needs no pickle.",
    )


def weights_alone(path: Path) -> Fault:
    return Fault(
        "weights-alone",
        f"{str(path)!r} holds weights, and no model to put them into.",
        "only the trainable can build that, and hpsearch runs code from the experiment alone.",
        "name the study, or an export as .pt2, .onnx or .torchscript.",
    )


def model_unfit(name: str, problem: str) -> Fault:
    return Fault(
        "unfit-model",
        f"{name!r} does not tell the class of a picture.",
        problem,
        "it must take (batch, 1 or 3, height, width) to a probability for each class; "
        "`for_serving(model)` beside `train` makes it one that does.",
    )


def pictures_missing(path: str) -> Fault:
    return Fault(
        "no-picture",
        f"there is no picture {path!r}.",
        "no PNG or JPEG file, nor a folder with any, is there.",
        "name files or folders, or `-` to read one picture from stdin.",
    )


def picture_unreadable(name: str, problem: str) -> Fault:
    return Fault(
        "unreadable-picture",
        f"{name!r} cannot be read as a picture.",
        problem or "it ends too soon.",
        "check that it is a whole PNG or JPEG file.",
    )


def file_exists(path: Path) -> Fault:
    return Fault(
        "file-exists",
        f"{str(path)!r} is there already.",
        "nothing is ever overwritten unasked.",
        "name another place, or pass `--force`.",
    )


def port_taken(port: int) -> Fault:
    return Fault(
        "port-taken",
        f"port {port} on this machine is taken.",
        "another program listens there, perhaps an earlier `hpsearch ui`.",
        "name another one with `--port`, or leave it out to take a free one.",
    )


def ui_ended(name: str, source: str, problem: str) -> Fault:
    return Fault(
        "no-ui",
        f"{name} of {source} has ended.",
        problem,
        "check what it shows; `hpsearch ui --tracking-uri URI` names another store of MLflow.",
    )


def store_missing(uri: str, file: Path) -> Fault:
    return Fault(
        "no-store",
        f"nothing is recorded at {uri} yet.",
        f"there is no file {str(file)!r}.",
        "go to the folder of your search, start one (`hpsearch run`), or name its store by "
        "`--tracking-uri`.",
    )


def extra_missing(what: str, extra: str) -> Fault:
    return Fault(
        "missing-extra",
        f"{what} is not installed.",
        f"it belongs to the extra `{extra}`, which not everybody needs.",
        f"install it: `pip install 'hpsearch[{extra}]'`.",
    )


def study_not_named(option: str) -> Fault:
    return Fault(
        "no-study-named",
        f"`{option}` needs a study.",
        "each study has a journal of its own, and one is shown at a time.",
        f"name it: `hpsearch ui STUDY {option}`; `hpsearch ls` lists them.",
    )


def bug(problem: str, place: str) -> Fault:
    return Fault(
        "bug",
        f"{problem}.",
        f"this is a bug of hpsearch, not of yours ({place}).",
        "add `--debug` to the command for the traceback, and report it; finished trials are saved.",
    )


# ---- searches that fail --------------------------------------------------------------------------


def every_trial_fails(trials: int, reason: str, traceback: str) -> Fault:
    what = f"the first {trials} trials failed in the same way, and none reported the objective."
    return Fault(
        "every-trial-fails",
        "the only trial failed before it reported the objective." if trials == 1 else what,
        f"{reason}\n{traceback}".rstrip(),
        "correct the trainable, or `objective.metric` if that is not what it reports; "
        "`hpsearch run --local` runs it in this process, for a debugger.",
    )


def no_final_model(name: str, problem: str) -> Fault:
    return Fault(
        "no-final-model",
        f"the confirmation of `{name}` has come to no final model.",
        problem,
        "correct the trainable; the same command trains the final model again, and with `--fresh` "
        "everything.",
    )


def too_many_failures(
    trials: int, reason: str, *, among: str = "", key: str = "failed_trials"
) -> Fault:
    again = "run the same command again" if among else "raise the number to go on"
    return Fault(
        "too-many-failures",
        f"{count(trials, 'trial')}{among} failed, as many as `budget.{key}` allows.",
        f"the last one: {reason}",
        f"`hpsearch show` lists the reasons; correct them and {again}. If such failures are normal "
        f"in this space, set `budget.{key}` higher, or to null for no limit.",
    )


def _short(value: object) -> str:
    text = written(value)
    return text if len(text) <= 80 else text[:77] + "..."
