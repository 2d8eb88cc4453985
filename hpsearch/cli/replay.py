"""`hpsearch replay`: a search's decisions again from its journal, or those of another strategy."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpsearch.cli.options import JsonOption, SetOption, StudiesOption, StudyArgument

if TYPE_CHECKING:
    from hpsearch.strategies import Rerun
    from hpsearch.usecases import WhatIf

EXAMPLES = (
    ("hpsearch replay cnn", "does every decision come out as it did? 0: yes, 1: no"),
    (
        "hpsearch replay cnn --pruner asha --set pruner.min_resource=250",
        "what asha would have stopped, and the hours that saves",
    ),
    ("hpsearch replay cnn --sampler random --json", "in a script"),
)

SamplerOption = Annotated[
    str | None,
    typer.Option("--sampler", metavar="TYPE", help="Ask what this sampler would have done."),
]
PrunerOption = Annotated[
    str | None,
    typer.Option("--pruner", metavar="TYPE", help="Ask what this pruner would have done."),
]


def command(
    study: StudyArgument,
    *,
    sampler: SamplerOption = None,
    pruner: PrunerOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Make a search's decisions again, and show those that differ.

    Nothing is trained. Each proposal, stop, pause and promotion of the journal is decided again on
    what was known then. The exit code is 1 if one differs: another version of Optuna, other
    options, or a bug.

    With `--sampler`, `--pruner` or `--set`, it shows what that strategy would have done with the
    trials of this study: what it stops, the time it saves, and whether the best trial is found.
    Curves are known as far as trials were trained. A sampler tries those of them that are nearest
    to what it proposes.
    """
    from hpsearch.study import Study

    opened = Study(studies, study)
    if sampler is None and pruner is None and not overrides:
        found = opened.replay()
        _show_rerun(study, found, as_json=as_json)
        raise typer.Exit(1 if found.differences else 0)
    _show_what_if(study, opened.what_if(sampler, pruner, set=_keys(overrides)), as_json=as_json)


def _keys(overrides: list[str] | None) -> dict[str, Any]:
    from hpsearch.experiment import read_value

    pairs = [word.partition("=") for word in overrides or ()]
    if wrong := [key for key, is_pair, _ in pairs if not is_pair]:
        raise typer.BadParameter(f"{wrong[0]!r} is not KEY=VALUE.", param_hint="--set")
    return {key: read_value(text, (key,))[0] for key, _, text in pairs}


def _show_rerun(study: str, found: "Rerun", *, as_json: bool) -> None:
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.replay import causes, rerun_data, rerun_table, rerun_text
    from hpsearch.display.console import stdout

    if as_json:
        print_json(rerun_data(study, found))
        return
    print_data(*rerun_table(found, stdout().width), rerun_text(study, found))
    for line in causes(found):
        note(f"note: {line}")


def _show_what_if(study: str, found: "WhatIf", *, as_json: bool) -> None:
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.replay import limits, what_if_data, what_if_text
    from hpsearch.display.console import stdout

    if as_json:
        print_json(what_if_data(study, found))
        return
    print_data(*what_if_text(found, stdout().width))
    for line in limits(found):
        note(f"note: {line}")
