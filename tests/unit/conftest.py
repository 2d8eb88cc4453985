"""What the tests of single modules share."""

from pathlib import Path

import pytest

from tests.support import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
