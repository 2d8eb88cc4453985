"""`hpsearch ui`: MLflow's own UI on what the searches recorded."""

from typing import Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, complete_study
from hpsearch.paths import STUDIES

EXAMPLES = (
    ("hpsearch ui", "on port 5000, or the next free one; Ctrl-C ends it"),
    ("hpsearch ui cnn --port 8080", "where the study cnn was recorded, on a port of yours"),
)

FIRST_PORT = 5000

StudyOptionalArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="STUDY", help="Show where this study was recorded.", autocompletion=complete_study
    ),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port", metavar="N", min=1, max=65535, help="Default: the first free one from 5000."
    ),
]
UriOption = Annotated[
    str | None, typer.Option("--tracking-uri", metavar="URI", help="Another MLflow store.")
]


def command(
    study: StudyOptionalArgument = None,
    *,
    port: PortOption = None,
    tracking_uri: UriOption = None,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Start MLflow's UI, to compare runs in the browser.

    It shows what a plain `mlflow ui` in this folder shows. Where MLflow's store is a server
    already, its address is printed, and nothing is started.
    """
    from hpsearch import compose
    from hpsearch.redaction import redacted

    experiment = compose.look(studies, study).experiment if study is not None else None
    uri = tracking_uri or compose.tracking_uri(experiment)
    if uri.startswith(("http://", "https://")):
        _say(redacted(uri), uri, as_json=as_json)
        return
    _serve(uri, _free_port(port), as_json=as_json)


def _serve(uri: str, port: int, *, as_json: bool) -> None:
    """Serve until Ctrl-C or a signal; the server never outlives this process's end."""
    from hpsearch.cli.mlflow_server import serving, signals_as_interrupts
    from hpsearch.cli.output import note
    from hpsearch.cli.progress import choose_display

    display = choose_display(quiet=False)
    with signals_as_interrupts():
        try:
            display.phase("starting MLflow's server")
            with serving(uri, port) as server:
                server.wait_until_it_answers()
                display.close()
                _say(server.address, uri, as_json=as_json)
                note("Ctrl-C ends it.", "dim")
                server.wait()
        except KeyboardInterrupt:
            display.close()
            note("\nMLflow's server has ended.", "dim")
        finally:
            display.close()


def _say(address: str, uri: str, *, as_json: bool) -> None:
    import sys

    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.redaction import redacted

    if as_json:
        print_json({"address": address, "tracking_uri": redacted(uri)})
    else:
        note(f"MLflow's UI of {redacted(uri)}:", "dim")
        print_data(address)
    sys.stdout.flush()


def _free_port(wanted: int | None) -> int:
    """Return the wanted port or the first free one; raises UserError where it is taken."""
    from hpsearch import faults
    from hpsearch.cli.mlflow_server import is_free
    from hpsearch.cli.output import note
    from hpsearch.errors import UserError

    if wanted is not None:
        if not is_free(wanted):
            raise UserError(faults.port_taken(wanted))
        return wanted
    free = next((port for port in range(FIRST_PORT, FIRST_PORT + 100) if is_free(port)), None)
    if free is None:
        raise UserError(faults.port_taken(FIRST_PORT))
    if free != FIRST_PORT:
        note(f"port {FIRST_PORT} is taken; this is {free}.", "yellow")
    return free
