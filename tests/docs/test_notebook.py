"""The notebook of docs/ runs from its first cell to its last; all are kept without outputs."""

from pathlib import Path

import pytest

from tests.docs.notebooks import NOTEBOOKS, read, shown_by
from tests.docs.pages import DOCS


@pytest.mark.timeout(1600)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_notebook_runs(tmp_path: Path) -> None:
    shown = shown_by(DOCS / "notebook.ipynb", tmp_path, seconds_per_cell=400)
    assert {"text/html", "image/png"} <= shown


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda one: one.stem)
def test_a_notebook_is_kept_without_outputs(notebook: Path) -> None:
    code = [cell for cell in read(notebook).cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
