"""The placement groups that a trial made and left.

Ray keeps one, with its CPUs, until the whole job ends, even if the actor that made it is dead
(2.60). Left is one that nothing refers to any more, as with child processes. One that is detached
stays.

Not covered: those that a trial's own Ray tasks and actors made.
"""

import gc
from collections.abc import Iterable
from typing import Any

import ray
from ray import ActorID, PlacementGroupID
from ray.core.generated import gcs_pb2
from ray.util.placement_group import PlacementGroup, remove_placement_group

from hpsearch.common.shared_change import replace_attribute

_Data: Any = gcs_pb2.PlacementGroupTableData  # type: ignore[attr-defined]


class MadeHere:
    """The placement groups that this process makes from now on; it is that of an actor."""

    def __init__(self, actor: ActorID) -> None:
        self._actor = actor
        self._known: set[PlacementGroupID] = set()
        self._note_new()

    def _note_new(self) -> None:
        """Note what is made: to ask Ray after each trial takes about as long as a small trial."""
        make = PlacementGroup.__init__

        def note(group: PlacementGroup, *arguments: Any, **options: Any) -> None:
            make(group, *arguments, **options)
            self._known.add(group.id)

        replace_attribute(PlacementGroup, "__init__", note)

    def keep(self) -> None:
        """Have those that were made so far stay."""
        self._known.clear()

    def remove_left(self) -> None:
        """Remove those that nothing refers to; call it when garbage was collected."""
        if self._known:
            self._known &= made_by(self._actor)
            held = {one.id for one in gc.get_objects() if type(one) is PlacementGroup}
            remove(self._known - held)
            self._known &= held


def made_by(actor: ActorID) -> set[PlacementGroupID]:
    """Return the placement groups of an actor that are there, without those that are detached."""
    state: Any = ray._private.state.state
    table = state._connect_and_get_accessor().get_placement_group_table()
    return {
        PlacementGroupID(one.placement_group_id)
        for one in map(_Data.FromString, table)
        if one.creator_actor_id == actor.binary()
        and one.state != _Data.REMOVED
        and not one.is_detached
    }


def remove(groups: Iterable[PlacementGroupID]) -> None:
    """Have Ray remove placement groups, and end what runs in them."""
    for group in groups:
        remove_placement_group(PlacementGroup(group))
