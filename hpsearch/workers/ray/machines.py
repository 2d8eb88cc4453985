"""What Ray's machines have, and what their workers must be told because of it."""

import math
from dataclasses import replace
from pathlib import Path

import ray

from hpsearch.experiment import Resources
from hpsearch.workers.capacity import Capacity, Node
from hpsearch.workers.setup import WorkerSetup


def alive_nodes() -> list[Node]:
    """Return the resources of each machine that is alive."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def driver_host(resources: Resources) -> str:
    """Return the address at which workers reach the driver.

    Ray asks the same of a cluster: that each machine reaches the driver's.
    """
    if resources.ray_address is None:
        return "127.0.0.1"
    return str(ray.util.get_node_ip_address())


def setup_on_machines(setup: WorkerSetup, resources: Resources, capacity: Capacity) -> WorkerSetup:
    """Return the setup of workers on these machines.

    On a cluster, a worker's current folder is Ray's copy of the experiment's, and it does not see
    the study's folder.
    """
    is_here = resources.ray_address is None
    return replace(
        setup,
        folder=setup.folder if is_here else Path(),
        device="cuda" if capacity.gpus else "cpu",
        threads=max(1, math.floor(resources.cpus_per_trial)),
        logs=str(Path(setup.logs).absolute()) if setup.logs and is_here else "",
    )
