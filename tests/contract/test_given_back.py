"""A worker of a search that was ended is never taken for one of another search."""

from hpsearch.workers.ray.fleet import Fleet
from hpsearch.workers.shares import Demand
from tests.contract.pools import Opener, next_event, task, wait_for_slots


def test_an_old_look_at_ray_s_table_takes_no_slot_from_the_search_itself(open_ray: Opener) -> None:
    """It lists a worker that waits, and which the search has ended since."""
    pool = open_ray("quadratic", parallel_trials=2)
    wait_for_slots(pool, 2)
    fleet: Fleet = pool._fleet  # type: ignore[attr-defined]
    ended = next(iter(fleet.slots))
    fleet.slots.remove(ended)
    pool.start(task(x=0.0))
    next_event(pool)
    assert not fleet.actors.has_condemned
    old = Demand(ended.worker.demand, "a job", is_waiting=True, needs={"CPU": 1.0})
    fleet.cluster.demands = [old]
    fleet._give_back()
    assert not fleet._share.holds
