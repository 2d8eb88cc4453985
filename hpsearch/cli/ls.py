"""`hpsearch ls`: the studies of a store."""

from hpsearch.cli.options import JsonOption, StudiesOption

EXAMPLES = (
    ("hpsearch ls", "all studies: progress and best value"),
    ("hpsearch ls --studies /data/studies --json", "those in another folder, as JSON"),
)


def command(*, as_json: JsonOption = False, studies: StudiesOption) -> None:
    """List the studies, with progress and best value."""
    from hpsearch import usecases
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.tables import studies_table
    from hpsearch.display.console import stdout
    from hpsearch.usecases import StudySummary, unreadable_data

    found = usecases.summaries(studies)
    if as_json:
        print_json(
            [
                one.as_data() if isinstance(one, StudySummary) else unreadable_data(one)
                for one in found
            ]
        )
    elif found:
        print_data(*studies_table(found, stdout().width))
    else:
        note(f"no study in {studies.address!r} yet; `hpsearch init` writes an experiment.")
