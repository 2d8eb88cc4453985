"""`hpsearch validate`: what a file would do, without doing any of it."""

from typing import TYPE_CHECKING

from hpsearch.cli.options import ExperimentArgument, JsonOption, SetOption
from hpsearch.common.text import parameter

if TYPE_CHECKING:
    from rich.text import Text

    from hpsearch.usecases.plan import Plan

EXAMPLES = (
    ("hpsearch validate experiment.yaml", "all faults at once, or the plan"),
    ("hpsearch validate experiment.yaml --set space.dropout.high=0.8", "with a key overridden"),
)


def command(
    experiment: ExperimentArgument, *, overrides: SetOption = None, as_json: JsonOption = False
) -> None:
    """Check an experiment and show what it would do; starts nothing.

    Finds every fault of the file at once and compares it with what the trainable takes. That is
    read from the trainable's source, within a second; if the source is not plain enough to be sure,
    a process of its own imports it.
    """
    from hpsearch import usecases as compose
    from hpsearch.cli.output import facts, note, print_data, print_json
    from hpsearch.display.console import stdout

    plan = compose.validate(compose.Source.read(experiment, overrides or ()))
    if as_json:
        print_json(plan.as_dict())
        return
    print_data(*facts(_facts(plan), stdout().width))
    for notice in plan.notices:
        note(f"note: {notice}.")
    note(f"{experiment} is valid. `hpsearch run {experiment}` starts the search.", "dim")


def _facts(plan: "Plan") -> "list[tuple[str, Text | str]]":
    """Return the plan's sections; those of several lines bear their label on the first one."""
    sections = {
        "study": [plan.name],
        "trainable": [plan.trainable],
        "objective": plan.objective,
        "searched": _pairs(plan.searched) or ["nothing: one configuration"],
        "fixed": _pairs({name: parameter(value) for name, value in plan.fixed.items()}),
        "sampler": [plan.sampler],
        "pruner": [plan.rungs],
        "at a time": [plan.slots],
        "budget": [plan.budget],
    }
    return [
        (label if index == 0 else "", text)
        for label, texts in sections.items()
        for index, text in enumerate(texts)
    ]


def _pairs(mapping: dict[str, str]) -> list[str]:
    width = max(map(len, mapping), default=0)
    return [f"{name:<{width}}  {text}" for name, text in mapping.items()]
