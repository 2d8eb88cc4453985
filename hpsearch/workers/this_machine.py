"""What this machine lacks for a trial, as far as that is known without Ray, which takes seconds."""

import os
import sys
from pathlib import Path

from hpsearch.common.errors import Fault, UserError
from hpsearch.experiment import Resources
from hpsearch.workers.capacity import Capacity

GPU_DEVICES = ("nvidia*", "kfd", "dri", "dxg")
"""Files in /dev that Linux has if there is a GPU of NVIDIA, AMD or Intel, or one of Windows."""

ENOUGH = 1_000.0
"""GPUs of a machine of which nobody knows how many it has."""


def machine_faults(resources: Resources) -> list[Fault]:
    """Return why no trial fits on this machine, if its own Ray is to be started on it."""
    if resources.ray_address is not None or ray_is_running():
        return []
    node = {"CPU": float(os.cpu_count() or 1), "GPU": ENOUGH if _may_have_gpus() else 0.0}
    try:
        Capacity.of([node], resources, most=1).check("this machine has")
    except UserError as error:
        return list(error.faults)
    return []


def ray_is_running() -> bool:
    """Return whether this process uses a Ray already: it may have any number of logical CPUs."""
    is_initialized = getattr(sys.modules.get("ray"), "is_initialized", None)
    return is_initialized is not None and bool(is_initialized())


def _may_have_gpus() -> bool:
    is_linux = sys.platform == "linux"
    return not is_linux or any(next(Path("/dev").glob(one), None) for one in GPU_DEVICES)
