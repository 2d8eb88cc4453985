"""The notebook with a Lightning module runs from its first cell to its last."""

from pathlib import Path

import pytest

from tests.docs.notebooks import shown_by
from tests.docs.pages import DOCS
from tests.frameworks.examples import need

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.timeout(2400),
    pytest.mark.filterwarnings("ignore"),
]


def test_the_notebook_with_a_lightning_module_runs(tmp_path: Path) -> None:
    need("lightning")
    shown = shown_by(DOCS / "lightning.ipynb", tmp_path, seconds_per_cell=900)
    assert {"text/html", "image/png"} <= shown
