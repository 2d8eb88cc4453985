"""`hpsearch`: its verbs, and what becomes of errors.

Exit codes: 0 done, 1 the search failed, 2 the user's error, 130 interrupted with everything saved.
"""

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import Annotated

import typer

from hpsearch import __version__
from hpsearch.cli import (
    confirm,
    evaluate,
    export,
    init,
    logs,
    ls,
    predict,
    report,
    rm,
    run,
    schema,
    show,
    suggest,
    ui,
    validate,
)
from hpsearch.cli.options import epilog
from hpsearch.common.errors import HpsearchError
from hpsearch.common.redaction import redacted
from hpsearch.display import streams

DEBUG = "--debug"
DEBUG_VARIABLE = "HPSEARCH_DEBUG"

VERBS = {
    "init": init,
    "validate": validate,
    "run": run,
    "suggest": suggest,
    "ls": ls,
    "show": show,
    "logs": logs,
    "report": report,
    "ui": ui,
    "confirm": confirm,
    "export": export,
    "evaluate": evaluate,
    "predict": predict,
    "rm": rm,
    "schema": schema,
}

EXAMPLES = (
    ("hpsearch init", "write a small experiment that runs as it is"),
    ("hpsearch validate experiment.yaml", "check it; starts nothing"),
    ("hpsearch run experiment.yaml", "search; the same command goes on after Ctrl-C"),
    ("hpsearch show first-search", "every trial, and why it ended"),
)

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: brackets and line breaks stay as they are written
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _interruptible(command: Callable[..., None]) -> Callable[..., None]:
    """Have Ctrl-C end every verb with 130, as typer has not; leave stdout to its data alone."""

    @functools.wraps(command)
    def interruptible(*args: object, **options: object) -> None:
        streams.take(quiet=bool(options.get("quiet")))
        try:
            command(*args, **options)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return interruptible


for _name, _verb in VERBS.items():
    app.command(_name, epilog=epilog(*_verb.EXAMPLES))(_interruptible(_verb.command))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hpsearch {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
]
DebugOption = Annotated[
    bool,
    typer.Option(
        DEBUG, help=f"Show tracebacks; before or after the verb, or by {DEBUG_VARIABLE}=1."
    ),
]


@app.callback(epilog=epilog(*EXAMPLES))
def _root(version: VersionOption = False, debug: DebugOption = False) -> None:
    """Search for good hyperparameters: Optuna proposes, Ray runs, MLflow records."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; ends in SystemExit with an exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = DEBUG in given or os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # no failure where the terminal knows no `…`
    try:
        app([word for word in given if word != DEBUG], prog_name="hpsearch")
    except Exception as error:
        sys.exit(_fail(error, debug=debug))
    finally:
        if arguments is not None:
            streams.give_back()


def _fail(error: Exception, *, debug: bool) -> int:
    """Show an error as a person should meet it; return the exit code."""
    from hpsearch.cli.render.error import show_bug, show_error
    from hpsearch.display.console import stderr

    if debug:
        error.__suppress_context__ = False  # how it came about
        text = redacted("".join(traceback.format_exception(error)))
        streams.current().notes.write(text)
    elif isinstance(error, HpsearchError):
        show_error(stderr(), error)
    else:
        show_bug(stderr(), error)
    return error.exit_code if isinstance(error, HpsearchError) else 1
