"""Hyperparameters by their full names, such as `model.depth`, put into groups."""

from collections.abc import Container, Mapping
from typing import Any


class Params(dict[str, Any]):
    """Nested hyperparameters that are also found by their full names: `params["model.depth"]`.

    Trainables that were written for flat names, with dots in them, go on working.
    """

    def __missing__(self, name: str) -> Any:
        head, dot, rest = name.partition(".") if isinstance(name, str) else ("", "", "")
        below = dict.get(self, head)
        if not dot or not isinstance(below, Mapping):
            raise KeyError(name)
        return Params(below)[rest]

    def __contains__(self, name: object) -> bool:
        try:
            self[name]  # type: ignore[index]
        except KeyError:
            return False
        return True

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or the default if there is none."""
        try:
            return self[name]
        except KeyError:
            return default


def in_groups(params: Mapping[str, Any], whole: Container[str] = ()) -> dict[str, Any]:
    """Return hyperparameters with each group as a mapping; names in `whole` stay as they are."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        *groups, last = [name] if name in whole else name.split(".")
        below = found
        for group in groups:
            below = below.setdefault(group, {})
        below[last] = value
    return found
