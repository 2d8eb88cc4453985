"""What can be wrong with an experiment. A test renders each."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from hpsearch.common.errors import Fault, did_you_mean
from hpsearch.common.text import shortened


def experiment_missing(path: Path, siblings: list[str]) -> Fault:
    return Fault(
        "no-experiment",
        f"there is no experiment file {str(path)!r}.",
        "no file has this path.",
        did_you_mean(str(path), siblings)
        if siblings
        else "`hpsearch init` writes one to start from.",
    )


def yaml_unreadable(path: Path, problem: str) -> Fault:
    return Fault(
        "unreadable-file",
        f"{str(path)!r} cannot be read.",
        problem,
        "check that it is a UTF-8 text file and that you have permission to read it.",
    )


def yaml_too_large(path: Path, size: int, limit: int) -> Fault:
    return Fault(
        "file-too-large",
        f"{path} has {size:,} bytes.",
        f"an experiment is written by a person; more than {limit:,} bytes are refused.",
        "check that this is the file you meant; keep data in files of its own.",
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
        f"{path} has no `key: value` pairs.",
        "an experiment starts with keys such as `name:` and `trainable:`.",
        "`hpsearch init` writes an experiment to start from.",
    )


def yaml_too_many_nodes(path: Path | str, limit: int) -> Fault:
    return Fault(
        "yaml-bomb",
        f"{path} expands to more than {limit:,} values.",
        "its aliases (`*name`) repeat each other many times over.",
        "write the values out, or remove the aliases.",
    )


def yaml_duplicate_key(path: Path | str, key: str, first: int, second: int) -> Fault:
    return Fault(
        "duplicate-key",
        f"{path}:{second}: `{key}` appears twice.",
        f"it is on line {first} already, and one would silently replace the other.",
        "remove one of them.",
    )


def name_given_twice(name: str, first: int, second: int) -> Fault:
    lines = f" The lines are {first} and {second}." if first and second else ""
    return Fault(
        "duplicate-key",
        f"`{name}` appears twice.",
        f"it is written in a group and with dots, which mean the same.{lines}",
        "remove one of them.",
    )


def ambiguous_value(where: str, name: str, text: str, readings: Iterable[str]) -> Fault:
    others = ", ".join(f"`{one}`" for one in readings)
    return Fault(
        "ambiguous-value",
        f"{where}: `{name}` is {text[:80]} without quotes.",
        f"it can be read as a text or as {others}: the versions of YAML differ.",
        f'write {others}, or `"{text}"` for the text.',
    )


def number_too_large(where: str, name: str) -> Fault:
    return Fault(
        "too-large-number",
        f"{where}: the number at `{name}` is too large.",
        "it is beyond the largest float, or has more digits than any number that is searched.",
        "write a smaller one, or put it in quotes if it is a text.",
    )


def unknown_key(
    where: str, name: str, known: Iterable[str], elsewhere: Sequence[str] = ()
) -> Fault:
    meant = " or ".join(f"`{one}`" for one in elsewhere)
    return Fault(
        "unknown-key",
        f"{where}: there is no key `{name}`.",
        "hpsearch does not know it, and would ignore what you set.",
        f"did you mean {meant}?" if meant else did_you_mean(name.rpartition(".")[2], known),
    )


def missing_key(where: str, name: str) -> Fault:
    return Fault(
        "missing-key",
        f"{where}: `{name}` is missing.",
        "it has no default.",
        f"add `{name}`; `hpsearch schema` shows what is allowed.",
    )


def bad_value(where: str, name: str, problem: str) -> Fault:
    why, _, fix = problem.partition("; ")
    what = f"{where}: `{name}`" if name else where
    end = "?" if fix.startswith("did you mean") else "."
    return Fault(
        "bad-value",
        f"{what} is not valid.",
        f"{why}.",
        (fix or "change one of the two") + end,
    )


def wrong_value(where: str, name: str, value: object, expected: str, fix: str) -> Fault:
    return Fault(
        "wrong-value",
        f"{where}: `{name}` is {shortened(value)}.",
        f"{expected}.",
        fix,
    )


def bad_override(
    override: str, problem: str = "it must name a key by its path and give it a value."
) -> Fault:
    return Fault(
        "bad-override",
        f"`--set {override}` is not valid.",
        problem,
        "write it like `--set space.learning_rate.high=0.3`.",
    )


def ambiguous_override(override: str, readings: Iterable[str]) -> Fault:
    return Fault(
        "ambiguous-override",
        f"`--set {override}` can mean two keys.",
        "they are " + " and ".join(f"`{one}`" for one in readings) + ".",
        "write the one you mean; to choose the one without quotes, quote any part of its path.",
    )
