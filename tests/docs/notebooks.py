"""A notebook of docs/, read, and run from its first cell to its last."""

from importlib import import_module
from pathlib import Path
from typing import Any

from nbclient import NotebookClient

from tests.docs.pages import DOCS

nbformat: Any = import_module("nbformat")  # its functions have no types

NOTEBOOKS = sorted(DOCS.glob("*.ipynb"))


def read(notebook: Path) -> Any:
    return nbformat.read(notebook, as_version=4)


def shown_by(notebook: Path, folder: Path, *, seconds_per_cell: int) -> set[str]:
    """Run a notebook in a folder; return the kinds of what its cells show."""
    cells = read(notebook)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(cells, timeout=seconds_per_cell, resources=where).execute()
    return {kind for cell in cells.cells for kind in _kinds(cell)}


def _kinds(cell: Any) -> set[str]:
    return {kind for output in cell.get("outputs", ()) for kind in output.get("data", ())}
