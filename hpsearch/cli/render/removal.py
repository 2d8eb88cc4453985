"""What goes with a study that is removed: for people before and after, and as data."""

from typing import TYPE_CHECKING, Any

from rich.text import Text

from hpsearch.analysis import states
from hpsearch.cli.output import facts
from hpsearch.common.text import count, size

if TYPE_CHECKING:
    from hpsearch.usecases import Removal


def removal_text(removal: "Removal", width: int) -> list[Text]:
    """Return what would go, and what stays."""
    return [Text(f"{removal.store.name} would be removed:", "bold"), *facts(_rows(removal), width)]


def removed_text(removal: "Removal") -> str:
    """Return in a line what is gone, and where its runs are."""
    done = f"{removal.store.name} is removed"
    if removal.runs is None or not removal.runs.ids:
        return f"{done}."
    return f"{done}; MLflow's trash has its runs ({len(removal.runs.ids)})."


def removal_data(removal: "Removal") -> dict[str, Any]:
    """Return what was removed, and the runs that may be restored."""
    runs = removal.runs
    return {
        "name": removal.store.name,
        "folder": removal.store.address,
        "bytes": removal.size,
        "trials": None if removal.records is None else len(removal.records),
        "trainings_of_confirmation": removal.trainings,
        "exports": list(removal.exports),
        "tracking_uri": runs.address if runs else None,
        "runs_in_trash": list(runs.ids) if runs else [],
        "versions_kept": list(runs.versions) if runs else [],
    }


def _rows(removal: "Removal") -> list[tuple[str, Text | str]]:
    rows: list[tuple[str, Text | str]] = []
    if removal.leftover is not None:
        rest = f"{removal.leftover}, {size(removal.size)}, left by an `rm` that was interrupted"
        return [("folder", rest)]
    rows += [
        ("folder", f"{removal.store.address}, {size(removal.size)}"),
        ("trials", _trials(removal)),
    ]
    if removal.trainings is not None:
        rows.append(("confirmation", count(removal.trainings, "training")))
    if removal.exports:
        rows.append(("exports", ", ".join(removal.exports)))
    return [*rows, *_mlflow(removal)]


def _trials(removal: "Removal") -> str:
    if removal.records is None:
        return "not known: its journal or its experiment cannot be read"
    amounts = states(removal.records).items()
    return ", ".join(f"{amount} {state}" for state, amount in amounts if amount) or "none"


def _mlflow(removal: "Removal") -> list[tuple[str, Text | str]]:
    runs = removal.runs
    if runs is None:
        return [("stays", "its runs in MLflow")]
    where = f"the trash of {runs.address}"
    amount = count(len(runs.ids), "run")
    said = f"{amount} to {where}" if runs.ids else f"its runs are in {where} already"
    stay = [("stays", f"{', '.join(runs.versions)} in MLflow's registry")] if runs.versions else []
    return [("MLflow", said), *stay]
