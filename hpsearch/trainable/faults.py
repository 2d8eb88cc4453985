"""What can be wrong with a trainable. A test renders each."""

from collections.abc import Iterable
from pathlib import Path

from hpsearch.common.errors import Fault, did_you_mean
from hpsearch.common.text import shortened

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
        f"the trainable `{reference}` was not found.",
        f"there is no file {str(path)!r}.",
        fix,
    )


def trainable_module_missing(reference: str, module: str, searched: Iterable[Path]) -> Fault:
    return Fault(
        "no-trainable",
        f"the trainable `{reference}` was not found.",
        f"Python finds no module `{module}`: neither installed nor in "
        f"{', '.join(map(str, searched))}.",
        "install the package into this environment, or name a file by its path from the "
        "experiment's folder.",
    )


def trainable_is_folder(reference: str, module: str, fix: str) -> Fault:
    return Fault(
        "no-trainable",
        f"the trainable `{reference}` was not found.",
        f"`{module}` is a folder, and a folder has no functions.",
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
        f"the trainable `{reference}` is part of a package but named as a file.",
        f"{line}\na relative import works only in a module of a package.",
        fix,
    )


def trainable_not_sent(reference: str, path: Path, folder: Path) -> Fault:
    return Fault(
        "trainable-not-sent",
        f"the trainable `{reference}` cannot be sent to the cluster.",
        f"only the folder {folder} is sent; {path} is outside it.",
        "send a folder above both (`resources.runtime_env.working_dir`, such as `..`), or install "
        "the code as a package on every machine of the cluster.",
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
        f"the trainable `{reference}` was not found.",
        f"the module has no function `{function}`.",
        did_you_mean(function, others) if others else f"add such a function:\n{RECIPE}",
    )


def trainable_broken(
    reference: str,
    problem: str,
    fix: str = "correct the error; until then no process can import it.",
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
    fix: str = "write it as `def train(params, trial)`; any further argument needs a default.",
) -> Fault:
    return Fault(
        "trainable-arguments",
        f"the trainable `{reference}` cannot be called with two arguments.",
        f"it takes {signature}; hpsearch calls it with the hyperparameters and the trial.",
        fix,
    )


def trainable_class(reference: str, signature: str) -> Fault:
    return Fault(
        "trainable-arguments",
        f"the class `{reference}` cannot be called as `Model(params).train(trial)`.",
        f"it takes {signature}.",
        "write `def __init__(self, params)` and `def train(self, trial)`; or make it a dataclass "
        "whose fields are the hyperparameters, with `def train(self, trial)`.",
    )


def unfit_parameters(reference: str, annotation: str, why: str, fix: str) -> Fault:
    return Fault(
        "unfit-parameters",
        f"hpsearch cannot make the first parameter of `{reference}`, a `{annotation}`.",
        why,
        fix,
    )


def trainable_slow(reference: str, seconds: float) -> Fault:
    return Fault(
        "broken-trainable",
        f"the trainable `{reference}` cannot be imported.",
        f"the import did not end within {seconds:g} seconds.",
        "move slow code from the module's top level into the function.",
    )


def unknown_parameter(where: str, name: str, type_name: str, known: Iterable[str]) -> Fault:
    fields = sorted(known)
    return Fault(
        "unknown-parameter",
        f"`{where}` is not a parameter of the trainable.",
        f"{type_name} has {', '.join(fields) or 'no fields'}.",
        did_you_mean(name, fields),
    )


def no_group(where: str, name: str, annotation: str, why: str, fix: str) -> Fault:
    return Fault(
        "unknown-parameter",
        f"`{where}` is not a parameter of the trainable.",
        f"`{name}` is a `{annotation}`: {why}",
        fix,
    )


def missing_parameter(name: str, type_name: str, within: str | None) -> Fault:
    when = "without `when`"
    if within is not None:
        when = f"so that every trial with a hyperparameter `{within}…` has it"
    return Fault(
        "missing-parameter",
        f"the trainable needs `{name}`, and the experiment does not give it.",
        f"the field `{name}` of {type_name} has no default.",
        f"add `{name}` to `params` or to `space`, {when}.",
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
        f"`{where}` can be {shortened(value)}, which the trainable does not accept.",
        why,
        fix,
    )


def search_gone() -> Fault:
    return Fault(
        "search-gone",
        "the search that started this script does not answer any more.",
        "hpsearch has ended, or the trial that this script runs for.",
        "run `hpsearch run` again: an unfinished trial resumes from its last checkpoint.",
    )
