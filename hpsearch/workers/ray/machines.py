"""What Ray's machines have, and what their workers must be told because of it."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
from ray.core.generated import autoscaler_pb2

from hpsearch.experiment import Resources
from hpsearch.workers.capacity import Capacity, Node
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.upload.checks import relative_folder

REPLY_SECONDS = 5
"""How long Ray's GCS may take to answer."""

PREEMPTED = 3
"""Ray's number for a machine that was taken away by its owner."""

_Reply: Any = autoscaler_pb2.GetClusterResourceStateReply  # type: ignore[attr-defined]
_Status: Any = autoscaler_pb2.NodeStatus  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Machine:
    """A machine of Ray's; `host` and `port` are where its raylet listens.

    `free` is what no worker has of its resources. One that is draining will go soon.
    """

    id: str
    host: str
    port: int
    resources: Node
    free: Node
    is_draining: bool = False


@dataclass(frozen=True)
class Machines:
    """The machines that are alive, by their ids, and why the others are gone."""

    alive: dict[str, Machine]
    gone: dict[str, str]


def cluster_state() -> Any:
    """Return what Ray tells its own autoscaler; raises RpcError if its GCS does not answer."""
    reply = _Reply()
    worker: Any = ray._private.worker.global_worker
    reply.ParseFromString(worker.gcs_client.get_cluster_resource_state(timeout_s=REPLY_SECONDS))
    return reply.cluster_resource_state


def machines() -> Machines:
    """Ask Ray for its machines, which takes about half a millisecond.

    Raises an error of Ray's if its GCS does not answer in time.
    """
    states = {one.node_id.hex(): one for one in cluster_state().node_states}
    nodes = ray.nodes()  # knows the ports, but would wait for a GCS that is gone
    alive = [_machine(node, states.get(node["NodeID"])) for node in nodes if node["Alive"]]
    gone = {node["NodeID"]: _why_gone(node) for node in nodes if not node["Alive"]}
    return Machines({one.id: one for one in alive}, gone)


def _machine(node: dict[str, Any], state: Any) -> Machine:
    return Machine(
        node["NodeID"],
        node["NodeManagerAddress"],
        node["NodeManagerPort"],
        node["Resources"],
        dict(state.available_resources) if state is not None else node["Resources"],
        state is not None and state.status == _Status.DRAINING,
    )


def _why_gone(node: dict[str, Any]) -> str:
    how = "was preempted" if node["DeathReason"] == PREEMPTED else "died"
    return f"its machine {node['NodeManagerAddress']} {how}"


def driver_host(resources: Resources) -> str:
    """Return the address at which workers reach the driver.

    Ray asks the same of a cluster: that each machine reaches the driver's.
    """
    if resources.ray_address is None:
        return "127.0.0.1"
    return this_host()


def this_host() -> str:
    """Return the address of this machine, by which others of the cluster know it."""
    address: Any = ray.util.get_node_ip_address
    return str(address())


def setup_on_machines(setup: WorkerSetup, resources: Resources, capacity: Capacity) -> WorkerSetup:
    """Return the setup of workers on these machines.

    On a cluster, a worker's current folder is Ray's copy of what was sent, and it does not see the
    study's folder.
    """
    is_here = resources.ray_address is None
    return replace(
        setup,
        folder=setup.folder if is_here else relative_folder(resources, setup.folder),
        device="cuda" if capacity.gpus else "cpu",
        threads=max(1, math.floor(resources.cpus_per_trial)),
        logs=str(Path(setup.logs).absolute()) if setup.logs and is_here else "",
    )
