"""Room for gangs: a placement group for each, which Ray gives whole or not at all.

So searches that wait for gangs never hold a part of one each. Ray prefers a single machine (PACK),
where ranks talk fastest, and takes several if none has the room: with STRICT_PACK a trial could not
be larger than a machine.

A placement group ends with the driver's job, however the driver ends.
"""

import secrets
from typing import Any

import ray
from ray.core.generated import gcs_pb2
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from hpsearch.workers.shares import Demand

NAME = "hpsearch gang "
"""What the names of the placement groups of all searches begin with."""

_Data: Any = gcs_pb2.PlacementGroupTableData  # type: ignore[attr-defined]


def reserve(size: int, cpus: float, gpus: float) -> PlacementGroup:
    """Ask for the room of so many workers; it comes when there is room for all."""
    worker = {"CPU": cpus} | ({"GPU": gpus} if gpus else {})
    name = f"{NAME}{secrets.token_hex(8)}"  # Ray wants each to differ
    group: PlacementGroup = placement_group([worker] * size, strategy="PACK", name=name)
    return group


def place(group: PlacementGroup, rank: int) -> dict[str, Any]:
    """Return the options of an actor that is one of the gang."""
    return {"scheduling_strategy": PlacementGroupSchedulingStrategy(group, rank)}


def release(group: PlacementGroup) -> None:
    """Give the room back; what runs there is killed. Twice does no harm."""
    remove_placement_group(group)


def gang_demands() -> list[Demand]:
    """Return the gangs of all searches that have room or wait for it."""
    accessor = ray._private.state.state._connect_and_get_accessor()
    table = map(_Data.FromString, accessor.get_placement_group_table())
    return [
        Demand(
            one.placement_group_id.hex(),
            one.creator_job_id.hex(),
            one.state != _Data.CREATED,
            dict(one.bundles[0].unit_resources),
            workers=len(one.bundles),
        )
        for one in table
        if one.name.startswith(NAME) and one.state != _Data.REMOVED
    ]
