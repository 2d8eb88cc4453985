"""What can be wrong with trials of another program."""

from collections.abc import Iterable, Sequence

from hpsearch.common.errors import Fault, did_you_mean

MOST_SHOWN = 5
"""So many trials that do not fit are named."""


def results_unreadable(path: str, problem: str) -> Fault:
    return Fault(
        "unreadable-results",
        f"{path!r} cannot be read.",
        f"{problem}.",
        "name a CSV file in UTF-8 whose first line has the names of the columns.",
    )


def file_unreadable(path: str, problem: str) -> Fault:
    return Fault(
        "unreadable-file",
        f"cannot open {path!r}.",
        f"the system says: {problem}.",
        "check the path, and that you may read the file.",
    )


def row_too_long(file: str, row: int, cells: int, columns: int) -> Fault:
    return Fault(
        "row-too-long",
        f"row {row} of {file!r} has {cells} cells, its header {columns}.",
        "it is unclear which cell is of which column.",
        "write numbers with a decimal point, not a comma, and put quotes around a text that has "
        "the separator in it.",
    )


def decimal_comma(file: str, row: int, cell: str) -> Fault:
    return Fault(
        "decimal-comma",
        f"row {row} of {file!r} has the number {cell}.",
        "hpsearch reads numbers with a decimal point.",
        "write all numbers of the file with a decimal point.",
    )


def no_column(file: str, name: str, columns: Iterable[str]) -> Fault:
    return Fault(
        "no-column",
        f"{file!r} has no column for `{name}`.",
        f"its columns are {', '.join(columns)}.",
        f"if one of them is `{name}`, pass `--map COLUMN={name}`; else add the column.",
    )


def column_twice(file: str, name: str) -> Fault:
    return Fault(
        "column-twice",
        f"{file!r} has two columns for `{name}`.",
        "it is unclear which one counts.",
        "remove one of them, or its `--map`.",
    )


def map_from_nowhere(source: str, theirs: str, known: Iterable[str]) -> Fault:
    return Fault(
        "map-from-nowhere",
        f"`--map` names `{theirs}`, which {source!r} does not have.",
        "what stands before `=` is a name there, what stands behind it one of the experiment.",
        did_you_mean(theirs, known),
    )


def map_to_nowhere(theirs: str, ours: str, known: Iterable[str]) -> Fault:
    return Fault(
        "map-to-nowhere",
        f"`--map {theirs}={ours}`: the experiment has no `{ours}`.",
        "what stands behind `=` is a hyperparameter, an objective or a constraint's metric of it.",
        did_you_mean(ours, known),
    )


def study_name_of_table(name: str) -> Fault:
    return Fault(
        "study-name-of-a-table",
        f"`--study-name {name}` says nothing about a table.",
        "it chooses one of several studies in an Optuna storage.",
        "leave it out; to import only some rows, remove the others from the file.",
    )


def nothing_to_import(source: str, reasons: Sequence[str]) -> Fault:
    more = [f"and {len(reasons) - MOST_SHOWN} more"] if len(reasons) > MOST_SHOWN else []
    return Fault(
        "nothing-to-import",
        f"no trial of {source!r} is one of this experiment.",
        "\n".join([*reasons[:MOST_SHOWN], *more]) or "it has no trials.",
        "change the experiment to fit them, or pass `--map THEIRS=OURS` if only the names differ.",
    )
