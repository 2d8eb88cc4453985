"""How a value without quotes is read: as YAML 1.2 has it, or not at all.

`1e-4` is a float, `2024-01-01` a text, every key is a text. What versions 1.1 and 1.2, or a person
and a parser, read differently is marked as ambiguous: `on`, `off`, `yes`, `no` (a text, or true and
false), `010` (10, or 8 in octal), `0o10`, `1:30` (a text, or 90). Imports PyYAML alone.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

import yaml
from yaml.composer import ComposerError

MOST_DIGITS = 400

FLOAT = re.compile(
    r"^[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][-+]?\d+)?$|^[-+]?\.inf$|^\.nan$",
    re.IGNORECASE | re.ASCII,
)
INT = re.compile(r"^[-+]?(0|[1-9][\d_]*|0x[\da-fA-F][\da-fA-F_]*|0b[01][01_]*)$", re.ASCII)
WORD = re.compile(r"^(yes|no|on|off)$", re.IGNORECASE)
OCTAL = re.compile(r"^[-+]?0o?\d[\d_]*$", re.ASCII)
CLOCK = re.compile(r"^[-+]?\d[\d_]*(:[0-5]?\d)+(\.\d*)?$", re.ASCII)
AMBIGUOUS = "!ambiguous"
"""The tag of a value without quotes that the versions of YAML read differently."""

RESOLVERS: Sequence[tuple[str, re.Pattern[str]]] = (
    (AMBIGUOUS, WORD),
    (AMBIGUOUS, OCTAL),
    (AMBIGUOUS, CLOCK),
    ("tag:yaml.org,2002:bool", re.compile(r"^(true|True|TRUE|false|False|FALSE)$")),
    ("tag:yaml.org,2002:null", re.compile(r"^(~|null|Null|NULL|)$")),
    ("tag:yaml.org,2002:int", INT),
    ("tag:yaml.org,2002:float", FLOAT),
    ("tag:yaml.org,2002:merge", re.compile(r"^<<$")),
)
"""How a value without quotes is read; the first that fits."""


class Loader(yaml.SafeLoader):
    """Reads values by `RESOLVERS` and every key as a text; refuses every tag."""

    yaml_implicit_resolvers = {None: [*RESOLVERS]}  # noqa: RUF012 (as PyYAML does it)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise ComposerError(None, None, f"there is a tag, {tag!r}", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


Loader.add_constructor(AMBIGUOUS, lambda _, node: str(node.value))


class Dumper(yaml.SafeDumper):
    """Puts a text into quotes if either version of YAML would read something else."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        **yaml.SafeDumper.yaml_implicit_resolvers,
        None: [*RESOLVERS],
    }


def other_readings(text: str) -> list[str]:
    """Return what an ambiguous value can be read as, other than a text."""
    if WORD.match(text):
        return ["true" if text.lower() in ("yes", "on") else "false"]
    plain = text.replace("_", "")
    sign = "-" if plain.startswith("-") else ""
    digits = plain.lstrip("+-").lower()
    if ":" in digits:
        seconds = 0.0
        for part in digits.split(":"):
            seconds = 60 * seconds + float(part)
        return [f"{sign}{seconds:.15g}"]
    octal = digits.removeprefix("0o")
    eight = [f"{sign}{int(octal, 8)}"] if octal and set(octal) <= set("01234567") else []
    return eight if "o" in digits else [*dict.fromkeys([f"{sign}{int(digits)}", *eight])]


def is_too_large(node: yaml.ScalarNode) -> bool:
    """Return whether a number has more digits than can be read, or is beyond the largest float."""
    if node.tag == "tag:yaml.org,2002:int":
        return len(node.value) > MOST_DIGITS
    if node.tag != "tag:yaml.org,2002:float" or node.value.lower().endswith(("inf", "nan")):
        return False
    return math.isinf(float(node.value.replace("_", "")))
