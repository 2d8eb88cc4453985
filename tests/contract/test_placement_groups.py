"""A placement group that a trial made ends with it, unless somebody still refers to it."""

from collections.abc import Iterator

import pytest
from ray import PlacementGroupID
from ray.util.placement_group import (
    PlacementGroup,
    placement_group_table,
    remove_placement_group,
)

from hpsearch.engine import Ended, Reported
from tests.contract.pools import Opener, begin, next_event, run_to_end, task

TRAINABLE = """\
import os
import time

from ray.util.placement_group import placement_group

kept = []


def leaves_one(params, trial):
    group = placement_group([{"CPU": 1}])
    if not group.wait(300):
        raise RuntimeError("an earlier trial still has the CPU")
    trial.report(1, {"value": 1.0})


def keeps_one(params, trial):
    kept.extend(kept or [placement_group([{"CPU": 1}])])
    if not kept[0].wait(300):
        raise RuntimeError("it is gone")
    trial.report(1, {"value": 1.0})


def leaves_a_detached_one(params, trial):
    placement_group([{"CPU": 1}], lifetime="detached").wait(300)


def dies(params, trial):
    placement_group([{"CPU": 1}]).wait(300)
    os._exit(3)


def hangs(params, trial):
    placement_group([{"CPU": 1}]).wait(300)
    trial.report(1, {"value": 1.0})
    time.sleep(600)
"""


@pytest.fixture
def opener(open_ray: Opener) -> Iterator[Opener]:
    (open_ray.folder / "samples.py").write_text(TRAINABLE)
    yield open_ray
    open_ray.close()
    for number in there():
        remove_placement_group(PlacementGroup(PlacementGroupID.from_hex(number)))


def there() -> list[str]:
    """Return the placement groups that hold something."""
    return [key for key, group in placement_group_table().items() if group["state"] != "REMOVED"]


def run(opener: Opener, function: str, trials: int = 1) -> None:
    """Run trials one after another, each of which must succeed."""
    pool = opener(function, parallel_trials=1)
    pool.load()
    for number in range(trials):
        ended = run_to_end(pool, task(number))[-1]
        assert isinstance(ended, Ended) and ended.how == "returned", ended


def test_one_that_a_trial_left_is_removed_with_it(opener: Opener) -> None:
    run(opener, "leaves_one", trials=2)
    assert not there()


@pytest.mark.parametrize(("function", "trials"), [("keeps_one", 2), ("leaves_a_detached_one", 1)])
def test_one_that_is_meant_to_stay_stays(opener: Opener, function: str, trials: int) -> None:
    run(opener, function, trials)
    assert len(there()) == 1


@pytest.mark.parametrize("function", ["dies", "hangs"])
def test_one_of_a_process_that_died_or_was_killed_is_removed(opener: Opener, function: str) -> None:
    pool = opener(function, parallel_trials=1)
    pool.load()
    begin(pool, task())
    event = next_event(pool)
    if isinstance(event, Reported):
        assert len(there()) == 1
        pool.kill(0, "over its time limit")
        event = next_event(pool)
    assert isinstance(event, Ended) and event.how == "crashed", event
    assert not there()
