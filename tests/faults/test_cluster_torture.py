"""Half a minute of `python -m tests.faults.torture --cluster`: nodes, workers, drivers killed."""

from pathlib import Path

import pytest

from tests.faults.torture import torture

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


def test_a_cluster_whose_nodes_workers_and_drivers_are_killed_loses_nothing(tmp_path: Path) -> None:
    with torture(tmp_path / "work", 12, cluster=True) as tortured:
        tortured.run(30)
        assert tortured.report()
