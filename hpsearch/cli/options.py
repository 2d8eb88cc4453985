"""Options that several verbs share: the same name, the same words, the same default everywhere."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.common.errors import UserError
from hpsearch.store import STUDIES, STUDIES_VARIABLE, default_studies, open_store

if TYPE_CHECKING:
    from hpsearch.study import Study


def complete_study(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a study's name in the shell."""
    studies = context.params.get("studies") or default_studies()
    with suppress(UserError):  # it is said when the command runs
        return [name for name in open_store(studies).names() if name.startswith(incomplete)]
    return []


StudiesOption = Annotated[
    Path,
    typer.Option(
        "--studies", envvar=STUDIES_VARIABLE, metavar="DIR", help="Folder of the studies."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override any key of the file by its path; repeatable."
    ),
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
    """What is asked for by a verb about one trial of a study."""

    study: str
    trial: int | None
    as_json: bool
    studies: Path

    @property
    def opened(self) -> "Study":
        """The study itself."""
        from hpsearch.study import Study

        return Study(open_store(self.studies), self.study)


def about_a_trial(act: Callable[[Asked], None]) -> Callable[..., None]:
    """Return the verb as a command with the arguments that all such verbs take."""

    def command(
        study: StudyArgument,
        *,
        trial: TrialOption = None,
        as_json: JsonOption = False,
        studies: StudiesOption = STUDIES,
    ) -> None:
        act(Asked(study, trial, as_json, studies))

    command.__doc__ = act.__doc__
    return command


def epilog(*examples: tuple[str, str]) -> str:
    """Return worked examples for the end of a `--help`: what is typed, and what comes of it."""
    lines = []
    for typed, meaning in examples:
        prompt = "" if typed.startswith("#") else "$ "
        lines += [f"  {prompt}{typed}", f"      {meaning}"]
    return "\n".join(["\b", "Examples:", *lines])


def studies_options(studies: Path | str) -> list[str]:
    """Return what a further command needs to find these studies: nothing for the default."""
    return [] if str(studies) == str(default_studies()) else ["--studies", str(studies)]
