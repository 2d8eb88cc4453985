"""The workers of all searches on a cluster, by Ray's table of actors."""

from typing import Any

import ray
from ray.core.generated import gcs_pb2

from hpsearch.workers.ray.gangs import gang_demands
from hpsearch.workers.shares import Demand

WORKER = "ProcessWorker"
"""The name of the actors of any search, but for those of gangs."""

_Data: Any = gcs_pb2.ActorTableData  # type: ignore[attr-defined]


def demands() -> list[Demand]:
    """Return the workers and gangs of all searches if some of them wait, else none."""
    waiting = [*_table("PENDING_CREATION"), *_table("DEPENDENCIES_UNREADY")]
    gangs = gang_demands()
    is_any = waiting or any(gang.is_waiting for gang in gangs)
    return [*waiting, *_table("ALIVE"), *gangs] if is_any else []


def _table(state: str) -> list[Demand]:
    accessor = ray._private.state.state._connect_and_get_accessor()
    table = map(_Data.FromString, accessor.get_actor_table(None, state))
    return [
        Demand(one.actor_id.hex(), one.job_id.hex(), state != "ALIVE", dict(one.required_resources))
        for one in table
        if one.class_name.rpartition(".")[2] == WORKER
    ]
