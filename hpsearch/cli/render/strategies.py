"""The samplers and pruners of a study, if they changed."""

from collections.abc import Mapping, Sequence
from typing import Any


def strategies_text(strategies: Sequence[Mapping[str, Any]]) -> str:
    """Return each sampler and pruner with its first trial; nothing if there was one of each."""
    if len(strategies) < 2:
        return ""
    parts = [
        f"{_section(one['sampler'])} with {_section(one['pruner'])} from trial {one['from_trial']}"
        for one in strategies
    ]
    return "; ".join(parts)


def _section(section: Mapping[str, Any]) -> str:
    options = [f"{name} {value}" for name, value in section.items() if name != "type"]
    return f"{section['type']} ({', '.join(options)})" if options else str(section["type"])
