"""`hpsearch ls`: the studies of a folder."""

from hpsearch.cli.options import JsonOption, StudiesOption
from hpsearch.store import STUDIES

EXAMPLES = (
    ("hpsearch ls", "every study, how far it is, and its best value"),
    ("hpsearch ls --studies /data/studies --json", "those of another folder, for a program"),
)


def command(*, as_json: JsonOption = False, studies: StudiesOption = STUDIES) -> None:
    """List the studies: how far each is, and its best value."""
    from hpsearch import usecases as compose
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.data import study_summary, unreadable_data
    from hpsearch.cli.render.tables import studies_table
    from hpsearch.display.console import stdout

    found = compose.look_all(studies)
    if as_json:
        print_json(
            [
                study_summary(one) if isinstance(one, compose.StudyView) else unreadable_data(one)
                for one in found
            ]
        )
    elif found:
        print_data(*studies_table(found, stdout().width))
    else:
        note(f"no study in {str(studies)!r} yet; `hpsearch init` writes an experiment.")
