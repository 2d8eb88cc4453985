"""The notebook of docs/ runs from its first cell to its last, and is kept without outputs."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient

import hpsearch
from tests.docs.pages import DOCS

nbformat: Any = import_module("nbformat")  # its functions have no types

NOTEBOOK = DOCS / "notebook.ipynb"


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.mark.timeout(1600)
@pytest.mark.skipif(not hasattr(hpsearch, "run"), reason="there is no `hpsearch.run` yet")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_notebook_runs(tmp_path: Path) -> None:
    notebook = read()
    NotebookClient(notebook, timeout=400, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = {kind for cell in notebook.cells for kind in _kinds(cell)}
    assert {"text/html", "image/png"} <= shown


def _kinds(cell: Any) -> set[str]:
    return {kind for output in cell.get("outputs", ()) for kind in output.get("data", ())}


def test_the_notebook_is_kept_without_outputs() -> None:
    code = [cell for cell in read().cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
