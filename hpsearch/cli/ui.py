"""`hpsearch ui`: MLflow's own UI on what the searches recorded, or Optuna's dashboard."""

from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, complete_study
from hpsearch.store import STUDIES

if TYPE_CHECKING:
    from hpsearch.cli.server import Program
    from hpsearch.usecases import StudyView

EXAMPLES = (
    ("hpsearch ui", "on port 5000, or the next free one; Ctrl-C ends it"),
    ("hpsearch ui cnn --port 8080", "the best trials of cnn compared, on a port of yours"),
    ("hpsearch ui cnn --optuna", "the same study in optuna-dashboard"),
)

SQLITE = "sqlite:///"

PORTS = 100
"""So many ports are tried, one after another."""

StudyOptionalArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="STUDY", help="Compare this study's best trials.", autocompletion=complete_study
    ),
]
OptunaOption = Annotated[
    bool,
    typer.Option("--optuna", help="optuna-dashboard instead, on STUDY's journal; it only reads."),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="N",
        min=1,
        max=65535,
        help="Default: the first free one from 5000 (--optuna: 8080).",
    ),
]
UriOption = Annotated[
    str | None, typer.Option("--tracking-uri", metavar="URI", help="Another MLflow store.")
]


def command(
    study: StudyOptionalArgument = None,
    *,
    optuna: OptunaOption = False,
    port: PortOption = None,
    tracking_uri: UriOption = None,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Start MLflow's UI, to compare runs in the browser.

    With STUDY, the address that is printed compares its best trials: sorted by the objective, with
    the hyperparameters that were searched as columns and as axes of parallel coordinates. MLflow
    lists the same among the experiment's saved views.

    It shows what a plain `mlflow ui` in this folder shows. Where MLflow's store is a server
    already, its address is printed, and nothing is started.
    """
    from hpsearch import usecases as compose
    from hpsearch.cli.server import mlflow_program

    view = compose.look(studies, study) if study is not None else None
    if optuna:
        _serve(_optuna_program(view), port, None, as_json=as_json)
        return
    uri = tracking_uri or compose.tracking_uri(view.experiment if view else None)
    if uri.startswith(("http://", "https://")):
        _say(mlflow_program(uri), _address(uri, view), as_json=as_json)
        return
    _refuse_nothing(uri)
    _serve(mlflow_program(uri), port, view, as_json=as_json)


def _refuse_nothing(uri: str) -> None:
    """Raise UserError where MLflow would make an empty store, only to show that it is empty."""
    from pathlib import Path
    from urllib.parse import unquote

    from hpsearch.cli import faults
    from hpsearch.common.errors import UserError

    file = Path(unquote(uri.removeprefix(SQLITE).partition("?")[0]))
    if uri.startswith(SQLITE) and not file.exists():
        raise UserError(faults.store_missing(uri, file))


def _optuna_program(view: "StudyView | None") -> "Program":
    """Return optuna-dashboard on the study; raises UserError where one of both is missing."""
    from importlib.util import find_spec

    from hpsearch.cli import faults
    from hpsearch.cli.server import optuna_program
    from hpsearch.common.errors import UserError
    from hpsearch.models.faults import extra_missing

    if view is None:
        raise UserError(faults.study_not_named("--optuna"))
    if find_spec("optuna_dashboard") is None:
        raise UserError(extra_missing("optuna-dashboard", "dashboard"))
    return optuna_program(view.store)


def _serve(
    program: "Program", port: int | None, view: "StudyView | None", *, as_json: bool
) -> None:
    """Serve until Ctrl-C or a signal; the server never outlives this process's end."""
    from hpsearch.cli.output import note
    from hpsearch.cli.server import serving, signals_as_interrupts
    from hpsearch.display.live_table import choose_display

    chosen = _free_port(port, program.first_port)
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
    """Return what to open: the comparison of the study's best trials, where there is a study."""
    from hpsearch.common.redaction import redacted

    path = _comparison(server, view) if view is not None else None
    return redacted(server).rstrip("/") + path if path else redacted(server)


def _comparison(server: str, view: "StudyView") -> str | None:
    from hpsearch import usecases as compose
    from hpsearch.cli.output import note
    from hpsearch.common.redaction import problem

    try:
        path = compose.comparison_path(view, server)
    except Exception as error:  # its own page shows it, or says better what is wrong
        note(f"MLflow does not say where it compares {view.store.name}: {problem(error)}", "yellow")
        return None
    if path is None:
        again = f"`hpsearch run {view.identity.source}`"
        note(f"MLflow has no comparison of {view.store.name} there; {again} writes it.", "yellow")
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


def _free_port(wanted: int | None, first: int) -> int:
    """Return the wanted port or the first free one; raises UserError where it is taken."""
    from hpsearch.cli import faults
    from hpsearch.cli.output import note
    from hpsearch.cli.server import is_free
    from hpsearch.common.errors import UserError

    ports = range(first, first + PORTS) if wanted is None else [wanted]
    free = next(filter(is_free, ports), None)
    if free is None:
        raise UserError(faults.port_taken(ports[0]))
    if wanted is None and free != first:
        note(f"port {first} is taken; this is {free}.", "yellow")
    return free
