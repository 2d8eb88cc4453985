"""What a worker is told once, before its first attempt."""

from dataclasses import dataclass
from pathlib import Path

from hpsearch.trainable import Given, Program, Trainable
from hpsearch.workers.shipped import ShippedTrainable
from hpsearch.workers.upload.copies import Copy


@dataclass(frozen=True)
class WorkerSetup:
    """What all attempts of a worker have in common.

    `folder` is the experiment's, as the worker sees it. `logs` is the study's folder for what is
    printed, if the worker sees it; `verbose` shows it. `given` are the experiment's
    hyperparameters, which the trainable must take; None: not checked. `study` is its name.
    `trainable` is one that Python code gave, or a command; None: it is imported by its `reference`.
    `copy` is that of the experiment's folder on a machine of a cluster; None: the folder is there.
    """

    reference: str
    folder: Path
    device: str = "cpu"
    threads: int = 1
    logs: str = ""
    verbose: bool = False
    given: Given | None = None
    study: str = ""
    trainable: Trainable | ShippedTrainable | Program | None = None
    copy: Copy | None = None
