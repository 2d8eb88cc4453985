"""What runs attempts. Other rooms open a pool here, and import nothing else of this room.

    setup.py          what a worker is told once
    worker.py         one attempt after another in one process
    line.py           what a worker says to the driver, and whether it waits for the answer
    trial.py          the `Trial` that a trainable is given
    handover.py       files into the store; restore.py: out of it; remote_files.py: by the driver
    process_state.py  what a trial changes in its process is restored
    variables.py      the environment during an attempt; open_runs.py: MLflow's active runs
    output/           keeps what an attempt prints; log_writer/ is the process that writes it
    slots.py          room for attempts: capacity.py, packing.py, shares.py, shortage.py
    this_machine.py   whether a trial fits on this machine, before Ray is asked
    gang/             several workers that train one trial, as one attempt
    local/            a pool in the process that searches
    ray/              a pool of Ray actors, on one machine or a cluster
    virtual/          a pool in simulated time
    upload/           the copy of the experiment's folder that a cluster gets

Ray is imported by `open_ray_pool` and not before: it takes seconds, and reads its environment then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpsearch.common.lazy import lazy_names
from hpsearch.workers.addresses import address_faults
from hpsearch.workers.virtual.pool import Course, VirtualPool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpsearch.engine import Display, Pool
    from hpsearch.experiment import Experiment
    from hpsearch.workers.this_machine import machine_faults
    from hpsearch.workers.upload.checks import (
        describe_upload,
        sent_folder,
        upload_faults,
        upload_notices,
    )

__all__ = [
    "Course",
    "VirtualPool",
    "address_faults",
    "describe_upload",
    "machine_faults",
    "open_local_pool",
    "open_ray_pool",
    "sent_folder",
    "upload_faults",
    "upload_notices",
]

__getattr__ = lazy_names(
    __name__,
    {
        "this_machine": ("machine_faults",),
        "upload.checks": ("describe_upload", "sent_folder", "upload_faults", "upload_notices"),
    },
)


def open_local_pool(experiment: Experiment, folder: Path, display: Display | None = None) -> Pool:
    """Return a pool in this process for an experiment whose trainable is in `folder`."""
    from hpsearch.workers.local.pool import LocalPool

    return LocalPool.of(experiment, folder, display)


def open_ray_pool(
    experiment: Experiment,
    folder: Path,
    *,
    verbose: bool,
    logs: Path | None,
    notify: Callable[[str], None],
) -> Pool:
    """Start or reach Ray and return a pool of its actors; raises UserError or SearchFailed.

    `logs` is the study's folder for what workers print while they import the trainable.
    """
    from hpsearch.workers.ray.environment import prepare

    prepare()  # before Ray is imported, which looks at its environment only then
    from hpsearch.workers.ray.pool import RayPool

    return RayPool.of(experiment, folder, verbose=verbose, logs=logs, notify=notify)
