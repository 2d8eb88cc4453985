"""`hpsearch`: its commands, and how errors end.

Exit codes: 0 done, 1 the search failed, 2 the user's error, 130 interrupted with everything saved,
141 nobody reads what was asked for.
"""

import functools
import gc
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Annotated

import typer

from hpsearch import __version__
from hpsearch.cli.options import epilog
from hpsearch.common.errors import HpsearchError
from hpsearch.common.redaction import redacted
from hpsearch.display import streams

DEBUG = "--debug"
DEBUG_VARIABLE = "HPSEARCH_DEBUG"

VERBS = (
    "init",
    "validate",
    "plan",
    "run",
    "suggest",
    "slots",
    "import",
    "amend",
    "ls",
    "show",
    "logs",
    "report",
    "replay",
    "ui",
    "confirm",
    "export",
    "evaluate",
    "predict",
    "rm",
    "schema",
)
"""The commands, as the help lists them; each is a module of this folder."""

EXAMPLES = (
    ("hpsearch init", "write a small experiment that runs as it is"),
    ("hpsearch validate experiment.yaml", "check it; nothing is started"),
    ("hpsearch run experiment.yaml", "search; the same command resumes after Ctrl-C"),
    ("hpsearch show first-search", "all trials, and why they ended"),
)

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: brackets and line breaks stay as they are written
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _interruptible(command: Callable[..., None]) -> Callable[..., None]:
    """End with 130 on Ctrl-C, which typer does not; keep stdout for data."""

    @functools.wraps(command)
    def interruptible(*args: object, **options: object) -> None:
        streams.take(quiet=bool(options.get("quiet")))
        try:
            command(*args, **options)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return interruptible


for _name in VERBS:
    _verb = import_module(f"hpsearch.cli.{_name}")
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
    typer.Option(DEBUG, help=f"Show tracebacks; also {DEBUG_VARIABLE}=1."),
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
            stream.reconfigure(errors="replace")  # do not fail if the terminal has no `…`
    try:
        app([word for word in given if word != DEBUG], prog_name="hpsearch")
    except Exception as error:
        if isinstance(error, OSError) and not streams.are_taken():
            error = streams.help_lost(error)
        sys.exit(_fail(error, debug=debug))
    finally:
        if arguments is not None:
            streams.give_back()
        else:
            gc.freeze()  # the process ends: to look for garbage in all modules takes a second


def _reveal(error: BaseException) -> None:
    """Let the traceback show how the error came about, which `Study` hides."""
    while isinstance(error.__context__, HpsearchError):
        error.__suppress_context__ = False
        error = error.__context__


def _fail(error: Exception, *, debug: bool) -> int:
    """Show an error to the person; return the exit code."""
    from hpsearch.cli.render.error import show_bug, show_error
    from hpsearch.display.console import stderr

    if debug:
        _reveal(error)
        text = redacted("".join(traceback.format_exception(error)))
        streams.current().notes.write(text)
    elif isinstance(error, HpsearchError):
        show_error(stderr(), error)
    else:
        show_bug(stderr(), error)
    return error.exit_code if isinstance(error, HpsearchError) else 1
