"""Options that several commands share: the same name, text and default everywhere."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.common.errors import UserError
from hpsearch.store import STUDIES, STUDIES_VARIABLE, Store, default_studies, open_store

if TYPE_CHECKING:
    from hpsearch.study import Study


def complete_study(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a study's name in the shell."""
    studies = context.params.get("studies") or default_studies()
    with suppress(UserError):  # the command reports it
        return [name for name in open_store(studies).names() if name.startswith(incomplete)]
    return []


StudiesOption = Annotated[
    Store,
    typer.Option(
        "--studies",
        envvar=STUDIES_VARIABLE,
        metavar="ADDRESS",
        parser=open_store,
        default_factory=lambda: STUDIES,
        show_default=False,
        help=f"Where the studies are: a folder or a URI; default: {STUDIES}.",
    ),
]
"""A command gets the store, opened; without the option, that of the default address."""
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Set a key of the file, by its path; repeatable."
    ),
]
LocalOption = Annotated[
    bool, typer.Option("--local", help="Run trials in this process, without Ray: for a debugger.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
VerboseOption = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Print the output of Ray, MLflow and the workers too."),
]
NoRegisterOption = Annotated[
    bool, typer.Option("--no-register", help="Do not register the best model in MLflow.")
]
TrialOption = Annotated[
    int | None,
    typer.Option("--trial", metavar="N", min=0, help="A trial's number; default: the best one."),
]
ExperimentArgument = Annotated[
    Path, typer.Argument(metavar="EXPERIMENT", help="The experiment's YAML file.")
]
StudyArgument = Annotated[
    str,
    typer.Argument(metavar="STUDY", help="The study's name.", autocompletion=complete_study),
]


@dataclass(frozen=True)
class Asked:
    """The arguments of a command about one trial of a study."""

    study: str
    trial: int | None
    as_json: bool
    studies: Store

    @property
    def opened(self) -> "Study":
        """The study itself."""
        from hpsearch.study import Study

        return Study(self.studies, self.study)


def about_a_trial(act: Callable[[Asked], None]) -> Callable[..., None]:
    """Make a function a command with the arguments that all commands about a trial take."""

    def command(
        study: StudyArgument,
        *,
        trial: TrialOption = None,
        as_json: JsonOption = False,
        studies: StudiesOption,
    ) -> None:
        act(Asked(study, trial, as_json, studies))

    command.__doc__ = act.__doc__
    return command


def epilog(*examples: tuple[str, str]) -> str:
    """Return the examples at the end of a `--help`: what to type, and what it does."""
    lines = []
    for typed, meaning in examples:
        prompt = "" if typed.startswith("#") else "$ "
        lines += [f"  {prompt}{typed}", f"      {meaning}"]
    return "\n".join(["\b", "Examples:", *lines])


def studies_options(address: str) -> list[str]:
    """Return the option that another command needs to find these studies; none by default."""
    return [] if address == default_studies() else ["--studies", address]
