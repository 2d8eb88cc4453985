"""Ray with one slot searches as one process does: the same trials in the same order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import ray

from hpsearch.common.trial import TrialRecord
from tests.support import Bench, make_experiment, search_on_ray, write_trainables


@pytest.fixture(scope="module", autouse=True)
def running_ray() -> Iterator[None]:
    ray.init("local", include_dashboard=False, log_to_driver=False, num_cpus=2)
    yield
    ray.shutdown()


def told(records: Sequence[TrialRecord]) -> list[tuple[object, ...]]:
    return [(r.params, r.seed, r.state, r.values, r.reason) for r in records]


@pytest.mark.parametrize(
    "pruner",
    [{"type": "median", "n_startup_trials": 2}, {"type": "asha", "min_resource": 1}],
    ids=lambda pruner: str(pruner["type"]),
)
def test_one_seed_gives_one_search_on_ray_and_in_this_process(
    tmp_path: Path, pruner: dict[str, object]
) -> None:
    sections: dict[str, Any] = {
        "sampler": {"type": "tpe", "n_startup_trials": 4},
        "pruner": pruner,
        "budget": {"trials": 25},
        "resources": {"parallel_trials": 1},
    }
    on_ray = search_on_ray(make_experiment(**sections), write_trainables(tmp_path / "ray"))
    assert told(on_ray) == told(Bench(tmp_path / "local").run(**sections))
