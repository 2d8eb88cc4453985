"""What an experiment would do: as a person reads it, and as data."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from hpsearch.cli.output import facts
from hpsearch.common.text import parameter, written

if TYPE_CHECKING:
    from hpsearch.usecases import Plan


def plan_text(plan: "Plan", width: int) -> list[Text]:
    """Return the plan, one section after another."""
    return facts(_facts(plan), width)


def plan_data(plan: "Plan") -> dict[str, Any]:
    """Return the plan as plain data."""
    return asdict(plan)


def _facts(plan: "Plan") -> list[tuple[str, Text | str]]:
    """Return the lines of all sections; the first line of each has its label."""
    sections = {
        "study": [plan.name],
        "trainable": [plan.trainable],
        "objective": plan.objective,
        "constraints": plan.constraints,
        "parameters": plan.parameter_constraints,
        "searched": _pairs(plan.searched) or ["nothing: one configuration"],
        "fixed": _pairs({name: _fixed(value) for name, value in plan.fixed.items()}),
        "sampler": [plan.sampler],
        "pruner": [plan.pruner],
        "at a time": [plan.slots],
        "sent": [plan.sent] if plan.sent else [],
        "budget": [plan.budget],
    }
    return [
        (label if index == 0 else "", text)
        for label, texts in sections.items()
        for index, text in enumerate(texts)
    ]


def _fixed(value: Any) -> str:
    """Return a fixed value as tables show it: a list as it is recorded, with quotes in it."""
    return parameter(written(value) if isinstance(value, list) else value)


def _pairs(mapping: dict[str, str]) -> list[str]:
    width = max(map(len, mapping), default=0)
    return [f"{name:<{width}}  {text}" for name, text in mapping.items()]
