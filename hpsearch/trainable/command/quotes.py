"""Placeholders in the quotes of a shell line: their values would be quoted twice."""

import re

from hpsearch.trainable.command.placeholders import placeholders

QUOTED = re.compile(r"\\.|'([^']*)'|\"((?:\\.|[^\"\\])*)\"", re.DOTALL)


def quoted_placeholders(line: str) -> list[str]:
    """Return the names of the placeholders in single or double quotes."""
    return placeholders(text for match in QUOTED.finditer(line) for text in match.groups(""))
