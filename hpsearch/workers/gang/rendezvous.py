"""Where the ranks of an attempt meet: the variables that `torch.distributed` reads.

Each worker is like a machine of its own with one process: it sees its own GPUs alone, so its
LOCAL_RANK is 0 and `cuda:0` is right in all of them. NODE_RANK is Lightning's.
"""

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from hpsearch.engine import Task


@dataclass(frozen=True)
class Rendezvous:
    """Said by rank 0 at the start of an attempt: its address, and a port that is free there."""

    number: int
    host: str
    port: int


def joined(task: Task, meeting: Rendezvous) -> Task:
    """Return the task of a rank with the variables by which it meets the others."""
    rank = str(task.rank)
    variables = {
        "MASTER_ADDR": meeting.host,
        "MASTER_PORT": str(meeting.port),
        "RANK": rank,
        "WORLD_SIZE": str(task.world_size),
        "LOCAL_RANK": "0",
        "LOCAL_WORLD_SIZE": "1",
        "NODE_RANK": rank,
    }
    if ipaddress.ip_address(meeting.host).is_loopback and sys.platform == "linux":
        # all are on this machine: what the host's name stands for need not be reachable
        variables |= {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo"}
    return replace(task, environment={**task.environment, **variables})


@contextmanager
def reserved_port() -> Iterator[int]:
    """Give a free port that the system gives to nobody who does not ask for it by its number.

    It is bound and never listened on: with SO_REUSEADDR, which torch sets too, another socket may.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("", 0))
        yield holder.getsockname()[1]
