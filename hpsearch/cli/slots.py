"""`hpsearch slots`: fewer or more trials at a time."""

from typing import Annotated

import typer

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument

EXAMPLES = (
    ("hpsearch slots cnn 2", "leave room for others: at most 2 trials at a time"),
    ("hpsearch slots cnn 16", "use machines that are free now"),
    ("hpsearch slots cnn 16 --studies s3://bucket/studies", "a driver on another machine"),
)

SlotsArgument = Annotated[
    int, typer.Argument(metavar="N", min=1, help="How many trials may run at once.")
]


def command(
    study: StudyArgument,
    slots: SlotsArgument,
    *,
    as_json: JsonOption = False,
    studies: StudiesOption,
) -> None:
    """Have a search that runs use fewer or more slots.

    With fewer, no trial is killed: no new one starts until fewer than N run, and each slot that is
    too many gives back its CPUs and GPUs when its trial ends. With more, trials start as far as the
    machines have room; N may be above `parallel_trials`.

    It counts until the driver ends. `resources.parallel_trials` in the experiment stays as it is:
    the next `hpsearch run` follows it again. A search with `--local` runs one trial at a time.
    """
    from hpsearch.cli.output import note, print_json
    from hpsearch.cli.render.slots import slots_data, slots_text
    from hpsearch.study import Study

    change = Study(studies, study).slots(slots)
    if as_json:
        print_json(slots_data(change))
    for line in slots_text(change):
        note(line)
