"""What the tests of single modules share."""

from pathlib import Path

import pytest

from tests.support import Bench


class Clock:
    """A clock that a trainable moves: `hpsearch.engine.limits.time.now += 60`."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Have the search's clock stand still."""
    monkeypatch.setattr("hpsearch.engine.limits.time", clock := Clock())
    return clock


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
