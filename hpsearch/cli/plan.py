"""`hpsearch plan`: how long an experiment's budget takes, and its disk and memory."""

from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import (
    ExperimentArgument,
    JsonOption,
    LocalOption,
    QuietOption,
    SetOption,
    StudiesOption,
    VerboseOption,
)

if TYPE_CHECKING:
    from hpsearch.usecases import Forecast, Source

EXAMPLES = (
    ("hpsearch plan experiment.yaml", "run 4 probe trials, and say what the budget takes"),
    ("hpsearch plan experiment.yaml --probe 8 --minutes 30", "more of them, half an hour at most"),
    ("hpsearch plan experiment.yaml --from cnn", "by the trials of a study; nothing is run"),
    ("hpsearch plan experiment.yaml --set budget.trials=500 --json", "in a script"),
)

ProbeOption = Annotated[
    int | None,
    typer.Option("--probe", metavar="N", min=2, help="Number of probe trials; default: 4."),
]
MinutesOption = Annotated[
    float | None,
    typer.Option("--minutes", metavar="M", help="Stop the probe trials after so long; above 0."),
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="STUDY", help="Go by the trials of this study; run nothing."),
]


def command(
    experiment: ExperimentArgument,
    *,
    probe: ProbeOption = None,
    minutes: MinutesOption = None,
    from_study: FromOption = None,
    overrides: SetOption = None,
    local: LocalOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Say what the budget takes: hours, disk and memory.

    Runs a few trials with random hyperparameters, to their end, in a study that is thrown away;
    MLflow does not hear of them. With `--from`, it goes by the trials of an earlier study instead.
    Each interval holds what comes 9 times out of 10.
    """
    from hpsearch import usecases
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.forecast import forecast_data, forecast_text
    from hpsearch.display.console import stdout
    from hpsearch.study import Study

    if from_study is not None and (probe is not None or minutes is not None):
        raise typer.BadParameter("it runs no probe trials.", param_hint="--from")
    source = usecases.Source.read(experiment, overrides or ())
    if from_study is not None:
        found = usecases.forecast_by_study(source, Study(studies, from_study).look())
    else:
        trials = probe or usecases.PROBE_TRIALS
        found = _probe(source, trials, minutes, local=local, quiet=quiet, verbose=verbose)
    if as_json:
        print_json(forecast_data(found))
        return
    print_data(*forecast_text(found, stdout().width))
    for line in found.notes:
        note(f"note: {line}")


def _probe(
    source: "Source",
    trials: int,
    minutes: float | None,
    *,
    local: bool,
    quiet: bool,
    verbose: bool,
) -> "Forecast":
    from hpsearch import usecases
    from hpsearch.display.live_table import choose_display

    display = choose_display(quiet=quiet)
    try:
        return usecases.forecast_by_probe(
            source, display, trials=trials, minutes=minutes, local=local, verbose=verbose
        )
    finally:
        display.close()
