"""The words that a command is started with in a trial."""

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hpsearch.trainable.command.placeholders import (
    ARGUMENTS,
    Values,
    as_text,
    braced,
    placeholders,
    replace_placeholders,
)

PLAIN_FOR_HYDRA = re.compile(r"[A-Za-z_/][\w./:+@%-]*")
"""A text that Hydra reads as it is, unless it is one of the next."""

WORDS_OF_HYDRA = {"true", "false", "null", "nan", "inf"}


def command_words(command: str | Sequence[str], style: str, values: Values) -> list[str]:
    """Return the program and its arguments; a text is a line for the shell."""
    texts = [command] if isinstance(command, str) else command
    used = {*placeholders(texts)}
    rest = {name: value for name, value in values.flat.items() if not used & {*_above(name)}}
    arguments = [word for name, one in rest.items() for word in argument(style, name, one)]
    if isinstance(command, str):
        return ["/bin/sh", "-c", _shell_line(command, arguments, values)]
    words = [*_replaced(command, arguments, values)]
    return [sys.executable if words[0] == "python" else words[0], *words[1:]]


def argument(style: str, name: str, value: Any) -> list[str]:
    """Return a hyperparameter as words: none for a false flag or, but for Hydra, for null."""
    if style == "name=value":
        return [f"{name}={_for_hydra(value)}"]
    if value is None or value is False:
        return []
    if value is True:
        return [f"--{name}"]
    if style == "--name=value":
        return [f"--{name}={as_text(value)}"]
    several = value if isinstance(value, list | tuple) else [value]
    return [f"--{name}", *map(as_text, several)]


def executables(path: str) -> str:
    """Return a PATH on which the programs beside this Python come first."""
    return f"{Path(sys.executable).parent}:{path}"


def _above(name: str) -> Iterator[str]:
    """Yield a dotted name, and those of the mappings that it is in."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _replaced(words: Sequence[str], arguments: list[str], values: Values) -> Iterator[str]:
    for word in words:
        if word == braced(ARGUMENTS):
            yield from arguments
        else:
            yield replace_placeholders(word, values.__getitem__)


def _shell_line(line: str, arguments: list[str], values: Values) -> str:
    quoted = shlex.join(arguments)
    return replace_placeholders(
        line, lambda name: quoted if name == ARGUMENTS else shlex.quote(values[name])
    )


def _for_hydra(value: Any) -> str:
    if not isinstance(value, str):
        return as_text(value)
    if PLAIN_FOR_HYDRA.fullmatch(value) and value.lower() not in WORDS_OF_HYDRA:
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
