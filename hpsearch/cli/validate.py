"""`hpsearch validate`: check a file and show its plan; nothing is started."""

from typing import Annotated

import typer

from hpsearch.cli.options import ExperimentArgument, JsonOption, SetOption, StudiesOption

LocalOption = Annotated[
    bool, typer.Option("--local", help="Check what `run --local` would do, without Ray.")
]

EXAMPLES = (
    ("hpsearch validate experiment.yaml", "all errors at once, or the plan"),
    (
        "hpsearch validate experiment.yaml --set space.dropout.high=0.8",
        "with another value for a key",
    ),
)


def command(
    experiment: ExperimentArgument,
    *,
    overrides: SetOption = None,
    local: LocalOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Check an experiment and show its plan; nothing is started.

    Reports all errors of the file at once, and compares it with the parameters of the trainable.
    These are read from its source within a second; if the source is not plain enough, a separate
    process imports it.
    """
    from hpsearch import usecases
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.plan import plan_data, plan_text
    from hpsearch.display.console import stdout

    source = usecases.Source.read(experiment, overrides or ())
    plan = usecases.validate(source, studies.study(source.experiment.name), local=local)
    if as_json:
        print_json(plan_data(plan))
        return
    print_data(*plan_text(plan, stdout().width))
    for notice in plan.notices:
        note(f"note: {notice}.")
    note(f"{experiment} is valid. {plan.next_step}", "dim")
