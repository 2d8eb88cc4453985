"""Tells Ray's autoscaler how many slots a search wants, so that machines are started for them.

Ray keeps one request for the whole cluster: of several searches, the last one's stands. Workers
that wait for room are a demand of their own, so the others get machines too, only fewer at a time.
Not covered: a driver that is killed leaves its request, until another search ends.
"""

from contextlib import suppress

from ray.autoscaler.sdk import request_resources

from hpsearch.workers.capacity import Capacity


def announce(capacity: Capacity) -> None:
    """Request room for all slots that a search may have; without an autoscaler it does nothing."""
    slot = {"CPU": capacity.cpus} | ({"GPU": capacity.gpus} if capacity.gpus else {})
    _request([slot] * capacity.most * capacity.workers)


def withdraw() -> None:
    """Request nothing any more."""
    _request([])


def _request(slots: list[dict[str, float]]) -> None:
    with suppress(Exception):  # it is a hint; whatever is wrong with Ray is said elsewhere
        request_resources(bundles=slots)
