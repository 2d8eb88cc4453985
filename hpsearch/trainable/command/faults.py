"""What can be wrong with a command. A test renders each."""

from collections.abc import Iterable
from pathlib import Path

from hpsearch.common.errors import Fault, did_you_mean


def unclosed_placeholder(where: str, text: str) -> Fault:
    return Fault(
        "unclosed-placeholder",
        f"`{where}` has a placeholder without its end: {text!r}.",
        "its name is not followed by a closing brace.",
        "add the brace; if it is no placeholder, write two `$` instead of one.",
    )


def ambiguous_placeholder(where: str, placeholder: str, name: str) -> Fault:
    return Fault(
        "ambiguous-placeholder",
        f"`{where}`: `{placeholder}` can mean two things.",
        f"it is a placeholder of hpsearch, and there is a hyperparameter `{name}`.",
        "give the hyperparameter another name.",
    )


def unknown_placeholder(where: str, placeholder: str, name: str, known: Iterable[str]) -> Fault:
    return Fault(
        "unknown-placeholder",
        f"`{where}` has the placeholder `{placeholder}`, and nothing has that name.",
        "a placeholder is a hyperparameter, `args`, `params.json`, `params.yaml`, or one of the "
        "trial's, such as `trial.seed`.",
        f"{did_you_mean(name, known)} If it is not for hpsearch, write `${placeholder}`.",
    )


def arguments_in_word(word: str, placeholder: str) -> Fault:
    return Fault(
        "unusable-placeholder",
        f"`trainable.command` has `{word}`, with all arguments inside one word.",
        f"`{placeholder}` stands for several words.",
        f"write `{placeholder}` as an item of its own.",
    )


def placeholder_in_quotes(placeholder: str) -> Fault:
    return Fault(
        "unusable-placeholder",
        f"`trainable.command` has `{placeholder}` in quotes.",
        "hpsearch itself quotes each value for the shell.",
        f"write `{placeholder}` without quotes around it.",
    )


def conditional_placeholder(where: str, name: str, arguments: str) -> Fault:
    return Fault(
        "unusable-placeholder",
        f"`{where}` needs `{name}`, which some trials do not have.",
        f"`{name}`, or what it depends on, has a condition, `when`.",
        f"use `{arguments}`, which leaves it out then; or remove the condition.",
    )


def program_missing(program: str, why: str, fix: str) -> Fault:
    return Fault("no-program", f"the command's `{program}` was not found.", why, fix)


def program_not_executable(program: str, path: Path) -> Fault:
    return Fault(
        "no-program",
        f"the command's `{program}` cannot be executed.",
        f"{path} is not marked as executable.",
        f"run `chmod +x {path}`, or name its interpreter first.",
    )


def program_not_sent(program: str, folder: Path) -> Fault:
    return Fault(
        "trainable-not-sent",
        f"the command's `{program}` cannot be sent to the cluster.",
        f"only the experiment's folder {folder} is sent.",
        "move the experiment above it, or give a path that all machines share.",
    )


def pattern_without_objective(metric: str, groups: Iterable[str]) -> Fault:
    return Fault(
        "no-objective-in-pattern",
        f"`trainable.metrics.pattern` has no group `{metric}`, which is the objective.",
        f"its groups are {', '.join(groups)}.",
        f"name the group `(?P<{metric}>...)`, or change `objective.metric`.",
    )


def several_objectives_from_a_number(count: int) -> Fault:
    return Fault(
        "one-number",
        f"`trainable.metrics: number` is one number, and there are {count} objectives.",
        "one number cannot be all of them.",
        "print them as a JSON line, and set `metrics: json`.",
    )


def shared_file(key: str, path: str, inside: str) -> Fault:
    return Fault(
        "shared-file",
        f"`trainable.metrics.{key}` is `{path}`, the same for all trials.",
        "trials that run at the same time would write into each other's.",
        f"write `{inside}`, and give the command that path, too; or set "
        "`resources.parallel_trials: 1`.",
    )
