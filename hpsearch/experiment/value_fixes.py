"""How to correct a wrong value of an experiment: the nearest allowed word, or the form to write."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hpsearch.common.errors import nearest
from hpsearch.experiment.location import Location

SCHEMA = "`hpsearch schema` shows what is allowed."
WORDS = {"literal_error": "expected", "union_tag_invalid": "expected_tags"}
LIMITS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")


def fix_of(
    kind: str, value: Any, expected: str, *, at: Location, context: Mapping[str, Any], python: bool
) -> str:
    """Return the fix; `kind` and `context` are pydantic's, `python`: no file has the experiment."""
    if kind in WORDS:
        return _meant(context.get("tag", value), str(context[WORDS[kind]]))
    if kind in LIMITS:
        return f"set it to a number {expected}."
    if at in (("sampler",), ("pruner",)) and isinstance(value, str):
        return f"write `{at[0]}: {{type: {value}}}`."
    if at == ("objective",) and isinstance(value, str):
        return _objective(value, python=python)
    if at[:1] == ("space",) and len(at) == 2 and not isinstance(value, dict):
        return _range(value, python=python)
    return str(context.get("fix", SCHEMA))


def _meant(value: object, expected: str) -> str:
    """Return the allowed word that a word is short for, longer than, or like."""
    word, known = str(value).lower(), re.findall(r"'([^']*)'", expected)
    akin = (one for one in known if one.startswith(word) or word.startswith(one))
    found = nearest(word, known) or (next(akin, None) if word else None)
    return f"did you mean `{found}`?" if found else SCHEMA


def _objective(value: str, *, python: bool) -> str:
    metric = value.rsplit(maxsplit=1)[-1] if value.split() else "loss"
    if python:
        return f'write `"minimize {metric}"` or `"maximize {metric}"`.'
    return f"write `{{metric: {metric}, direction: minimize}}`, or maximize."


def _range(value: Any, *, python: bool) -> str:
    fixed = "put a value that stays fixed into `params`."
    if not _is_range(value):
        return fixed
    low, high = value
    kind = "int" if isinstance(low, int) and isinstance(high, int) else "float"
    made = f"hpsearch.Float({low}, {high})"
    if python:
        whole = f", or `hpsearch.Int({low}, {high})` for whole numbers" if kind == "int" else ""
        return f"write `{made}`{whole}; {fixed}"
    return f"write `{{type: {kind}, low: {low}, high: {high}}}`; {fixed}"


def _is_range(value: Any) -> bool:
    is_pair = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2
    return is_pair and all(type(one) in (int, float) for one in value)
