"""`hpsearch init`: an experiment to start from."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from hpsearch.common.names import STUDY_NAME

EXAMPLES = (
    ("hpsearch init", "experiment.yaml and trainable.py, here"),
    ("hpsearch init digits --name digits", "in a new folder, for a study with that name"),
)

STARTER_NAME = "first-search"
"""The study's name in the starter's YAML; replaced by `--name`."""

IGNORED = "studies/\nmlflow.db\nmlruns/\n"
"""What a search there leaves; a `.gitignore` that exists is kept as it is."""

FolderArgument = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Folder for the files.", show_default="here")
]
NameOption = Annotated[str, typer.Option("--name", metavar="NAME", help="The study's name.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")]


def command(
    folder: FolderArgument = Path(),
    *,
    name: NameOption = STARTER_NAME,
    force: ForceOption = False,
) -> None:
    """Write a small experiment that runs as it is.

    Read it, run it, then change it. It trains a small network on scikit-learn's handwritten digits
    with plain NumPy. The search takes seconds, and needs no GPU and no download.
    """
    from hpsearch.common.errors import UserError
    from hpsearch.common.files import is_there
    from hpsearch.usecases.faults import file_exists

    if STUDY_NAME.fullmatch(name) is None:
        problem = "use letters, digits, `.`, `_` and `-`, a letter first"
        raise typer.BadParameter(problem, param_hint="--name")
    texts = {folder / file: _starter(file) for file in ("experiment.yaml", "trainable.py")}
    present = [path for path in texts if is_there(path)]
    if present and not force:
        raise UserError(*(file_exists(path) for path in present))
    ignored = folder / ".gitignore"
    _write(folder, texts if is_there(ignored) else {**texts, ignored: IGNORED}, name)
    _say_next(list(texts))


def _starter(file: str) -> str:
    return (files("hpsearch.cli") / "starter" / file).read_text(encoding="utf-8")


def _write(folder: Path, texts: dict[Path, str], name: str) -> None:
    from hpsearch.common.errors import UserError
    from hpsearch.store import folder_unwritable

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text.replace(STARTER_NAME, name), encoding="utf-8")
    except OSError as error:
        raise UserError(folder_unwritable(folder, str(error))) from None


def _say_next(paths: list[Path]) -> None:
    from hpsearch.cli.output import note, print_data

    experiment = paths[0]
    print_data(*(str(path) for path in paths))
    note("\nread both, they are short; next:")
    for command_line, meaning in (
        (f"hpsearch validate {experiment}", "check it"),
        (f"hpsearch run {experiment}", "search; takes less than a minute"),
    ):
        note(f"  {command_line:<{len(str(experiment)) + 20}} {meaning}")
