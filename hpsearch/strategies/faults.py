"""What can be wrong with samplers, pruners and their journal; a test renders each fault."""

from collections.abc import Collection, Iterable

from hpsearch.common.errors import Fault, did_you_mean
from hpsearch.common.text import shortened

EXAMPLES = {"sampler": "tpe", "pruner": "median"}

DRIVERS = {
    "psycopg": "'psycopg[binary]'",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
}
"""The packages of database drivers that are not called like their modules."""


def bad_option(section: str, kind: str, option: str, known: Iterable[str]) -> Fault:
    return Fault(
        "unknown-option",
        f"`{section}.{option}` is not an option of the {kind} {section}.",
        f"Optuna's class for `type: {kind}` does not take it.",
        did_you_mean(option, known),
    )


def option_without_type(section: str, option: str) -> Fault:
    return Fault(
        "option-without-type",
        f"`{section}.{option}` is an option, and `{section}.type` is auto.",
        f"auto, the default, chooses the {section} together with its options.",
        f"name the kind that the option is of, such as `{section}.type: {EXAMPLES[section]}`.",
    )


def missing_option(section: str, kind: str, option: str, expected: str) -> Fault:
    return Fault(
        "missing-option",
        f"the {kind} {section} needs `{option}`.",
        "it has no default.",
        f"add it under `{section}`, or with `--set {section}.KEY=VALUE`: {expected}.",
    )


def wrong_option(section: str, option: str, value: object, expected: str) -> Fault:
    return Fault(
        "wrong-option",
        f"`{section}.{option}` is {shortened(value)}.",
        f"it must be {expected}.",
        f"change it, or remove it to use the default of `{section}`.",
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
        "give each float a `step` or make it a list of choices, or use another sampler.",
    )


def nothing_allowed(texts: Iterable[str]) -> Fault:
    return Fault(
        "nothing-allowed",
        "no hyperparameters were found that `parameter_constraints` allow.",
        "too few configurations keep " + " and ".join(f"`{one}`" for one in texts) + ".",
        "change one of them, or the ranges of what they name; the same command resumes the search.",
    )


def choices_confused(name: str, parameter: str) -> Fault:
    return Fault(
        "confused-choices",
        f"the study `{name}` was started by a version that mixed up the choices of `{parameter}`.",
        "Python takes them for equal, such as 1 and true, so it is unknown which one a trial had.",
        "start anew with `--fresh`: the old study is renamed, not deleted.",
    )


def journal_damaged(address: str, line: int) -> Fault:
    return Fault(
        "damaged-journal",
        f"{address!r} is damaged.",
        f"line {line} is not what was written.",
        "start the search again: `hpsearch run` keeps a copy, repairs it and says what was lost.",
    )


def record_unreadable(path: str, line: int, problem: str, version: str) -> Fault:
    return Fault(
        "foreign-record",
        f"{str(path)!r} has a record in line {line} that was not written by hpsearch.",
        f"Optuna {version} cannot read it: {problem}.",
        "if a newer Optuna wrote it, install that one; else remove the line, or start anew with "
        "`--fresh`, which keeps this study under another name.",
    )


def trials_incompatible(path: str, problems: Iterable[str]) -> Fault:
    return Fault(
        "foreign-trial",
        f"{str(path)!r} has trials of another experiment.",
        "they cannot be compared with those of this one:\n" + "\n".join(problems),
        "give the experiment another `name`, or start anew with `--fresh`, which keeps this study "
        "under another name.",
    )


def storage_unreadable(source: str, problem: str) -> Fault:
    return Fault(
        "unreadable-storage",
        f"cannot read the Optuna storage {source!r}.",
        f"{problem}.",
        "check its address; a database of an older Optuna needs `optuna storage upgrade`.",
    )


def no_driver(source: str, module: str) -> Fault:
    return Fault(
        "no-driver",
        f"cannot read the Optuna storage {source!r}.",
        f"its database needs the Python module `{module}`, which is not installed.",
        f"`pip install {DRIVERS.get(module, module)}` where hpsearch is installed.",
    )


def no_storage(source: str) -> Fault:
    return Fault(
        "no-storage",
        f"{source!r} is no Optuna storage.",
        "it is neither an Optuna journal nor a database with Optuna's tables.",
        "name a journal file, a SQLite file, a database's URL, or a file that ends in `.csv`.",
    )


def no_study_in_storage(source: str, name: str | None, names: Collection[str]) -> Fault:
    what = f"has no study {name!r}" if name else f"has {len(names)} studies"
    return Fault(
        "no-study-in-storage",
        f"the Optuna storage {source!r} {what}.",
        f"its studies are: {', '.join(names) or 'none'}.",
        did_you_mean(name, names) if name and names else "pass one of them as `--study-name`.",
    )


def other_objectives(name: str, why: str) -> Fault:
    return Fault(
        "other-objectives",
        f"the Optuna study {name!r} has other objectives.",
        f"{why}.",
        "change `objective`, or import a study of the same metric.",
    )


def optuna_failed(what: str, problem: str) -> Fault:
    return Fault(
        "optuna-failed",
        f"Optuna's {what} failed.",
        f"{problem}.",
        "choose another one in the experiment; the same command resumes the search.",
    )
