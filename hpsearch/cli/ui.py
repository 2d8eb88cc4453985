"""`hpsearch ui`: MLflow's UI, or Optuna's dashboard."""

from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, complete_study

if TYPE_CHECKING:
    from hpsearch.cli.programs import Program
    from hpsearch.usecases import StudyView

EXAMPLES = (
    ("hpsearch ui", "on port 5000, or the next free port; Ctrl-C ends it"),
    ("hpsearch ui cnn --port 8080", "compare the best trials of cnn, on port 8080"),
    ("hpsearch ui cnn --optuna", "the same study in optuna-dashboard"),
)

StudyOptionalArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="STUDY", help="Compare this study's best trials.", autocompletion=complete_study
    ),
]
OptunaOption = Annotated[
    bool,
    typer.Option("--optuna", help="Show STUDY in optuna-dashboard instead, read-only."),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="N",
        min=1,
        max=65535,
        help="Default: the first free port from 5000 (--optuna: 8080).",
    ),
]
UriOption = Annotated[
    str | None, typer.Option("--tracking-uri", metavar="URI", help="Address of the MLflow store.")
]


def command(
    study: StudyOptionalArgument = None,
    *,
    optuna: OptunaOption = False,
    port: PortOption = None,
    tracking_uri: UriOption = None,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Start MLflow's UI, to compare runs in the browser.

    With STUDY, it prints the address of a comparison of the best trials: sorted by the objective,
    with the searched hyperparameters as columns and as parallel coordinates. MLflow lists it among
    the saved views of the experiment, too.

    Without STUDY it shows the same as `mlflow ui` in this folder. If the MLflow store is a server
    already, its address is printed, and nothing is started.
    """
    from hpsearch import usecases
    from hpsearch.cli import faults
    from hpsearch.cli.programs import is_server, mlflow_program, optuna_program
    from hpsearch.common.errors import UserError
    from hpsearch.study import Study

    if optuna and study is None:
        raise UserError(faults.study_not_named("--optuna"))
    if optuna and study is not None:
        program = optuna_program(studies.study(study))
        Study(studies, study).look()
        _serve(program, port, None, as_json=as_json)
        return
    view = Study(studies, study).look() if study is not None else None
    uri = tracking_uri or usecases.tracking_uri(view.experiment if view else None)
    program = mlflow_program(uri)
    if is_server(uri):
        _say(program, _address(uri, view), as_json=as_json)
        return
    _serve(program, port, view, as_json=as_json)


def _serve(
    program: "Program", port: int | None, view: "StudyView | None", *, as_json: bool
) -> None:
    """Serve until Ctrl-C or a signal; the server ends with this process."""
    from hpsearch.cli.output import note
    from hpsearch.cli.ports import free_port
    from hpsearch.cli.server import serving, signals_as_interrupts
    from hpsearch.display.live_table import choose_display

    chosen = free_port(port, program.first_port)
    display = choose_display(quiet=False)
    with signals_as_interrupts():
        try:
            display.phase(f"starting {program.name}")
            with serving(program, chosen) as server:
                server.wait_until_it_answers()
                address = _address(server.address, view)
                display.close()
                _say(program, address, as_json=as_json)
                note("Ctrl-C ends it.", "dim")
                server.wait()
        except KeyboardInterrupt:
            display.close()
            note(f"\n{program.name} has ended.", "dim")
        finally:
            display.close()


def _address(server: str, view: "StudyView | None") -> str:
    """Return what to open: with a study, the comparison of its best trials."""
    from hpsearch.common.redaction import redacted

    path = _comparison(server, view) if view is not None else None
    return redacted(server).rstrip("/") + path if path else redacted(server)


def _comparison(server: str, view: "StudyView") -> str | None:
    from hpsearch import usecases
    from hpsearch.cli.output import note
    from hpsearch.common.redaction import problem

    try:
        path = usecases.comparison_path(view, server)
    except Exception as error:  # MLflow's own page says better what is wrong
        note(f"MLflow cannot compare the trials of {view.store.name}: {problem(error)}", "yellow")
        return None
    if path is None:
        again = f"`hpsearch run {view.identity.source or '…'}`"
        note(f"MLflow has no comparison of {view.store.name}; {again} writes it.", "yellow")
    return path


def _say(program: "Program", address: str, *, as_json: bool) -> None:
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.common.redaction import redacted

    source = redacted(program.source)
    if as_json:
        print_json({"address": address, program.shows: source})
    else:
        note(f"{program.name} of {source}:", "dim")
        print_data(address)
