"""What driver and workers tell each other: the driver a task, a worker what happened to it.

A worker sends `Reported` and `RunWanted` while an attempt runs, and waits for the answer. It sends
`Restored`, `Saving` and `Saved`, which have none, and `Ended` when the attempt is over. `Leave`
comes from the pool, and has no answer either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from hpsearch.common.checkpoints import Checkpoints, NoFiles, Stored, StoredCheckpoint, TrialFiles
from hpsearch.common.decision import Decision
from hpsearch.common.trial import Measurement, Origin, Place, TrialRecord
from hpsearch.engine.inheritance import checkpoints_of, files_of

RETURNED = ""
"""The name of a number that the trainable returned: the worker does not know the objective's."""


Variables = Mapping[str, str | None]
"""Variables of a process's environment; one that is None is removed."""


@dataclass(frozen=True)
class Task:
    """One attempt at a trial, as a worker gets it.

    `params` is what the trainable is given (`Experiment.arguments`), not what is recorded. The
    attempt resumes from the first of `checkpoints` that is undamaged; `files` is where they are,
    and where new ones go. `log` is the file for what the attempt prints, if the worker sees it.
    `environment` has variables for the time of the attempt; None removes one. `waits_at` is as in
    a `Decision`. Of several workers that train one trial, `rank` is which one this is. A trial
    whose `origin` has a parent never begins without a checkpoint.
    """

    number: int
    attempt: int
    seed: int
    params: Mapping[str, Any]
    files: TrialFiles = field(default_factory=NoFiles)
    checkpoints: Sequence[StoredCheckpoint] = ()
    log: str = ""
    environment: Variables = field(default_factory=dict)
    waits_at: float = 0.0
    rank: int = 0
    world_size: int = 1
    origin: Origin | None = None

    @classmethod
    def of(
        cls,
        record: TrialRecord,
        params: Mapping[str, Any],
        *,
        store: Checkpoints,
        log: str,
        environment: Variables,
    ) -> "Task":
        """Return the task of a trial's attempt, which resumes from a checkpoint if one is there."""
        number, attempt, seed = record.number, record.attempt, record.seed
        files, checkpoints = files_of(record, store), checkpoints_of(record, store)
        return cls(
            number,
            attempt,
            seed,
            params,
            files,
            checkpoints,
            log,
            environment,
            origin=record.origin,
        )


@dataclass(frozen=True)
class Reported:
    """The trainable reported: the last of `measurements` needs a decision, the others were logged.

    `savable` says that it came with a way to make a checkpoint, `waits` that the attempt does
    nothing until it is answered.
    """

    number: int
    measurements: Sequence[Measurement]
    savable: bool
    place: Place
    waits: bool = True


@dataclass(frozen=True)
class Restored:
    """The attempt resumes from the checkpoint of this `step`, None if none was of use.

    The files of those of the steps `damaged` are not what was written.
    """

    number: int
    step: int | None
    damaged: Sequence[int] = ()


@dataclass(frozen=True)
class Saving:
    """The attempt waits until a checkpoint is in the store; sent every few seconds meanwhile."""

    number: int


@dataclass(frozen=True)
class Saved:
    """The files of a checkpoint that a decision asked for are in the store, or why they are not."""

    number: int
    measurement: Measurement
    stored: Stored


@dataclass(frozen=True)
class RunWanted:
    """The trainable asked for the id of its trial's run, which may have to be made first."""

    number: int


@dataclass(frozen=True)
class Leave:
    """The attempt should leave its slot: after its next checkpoint it continues on another one."""

    number: int
    reason: str


@dataclass(frozen=True)
class RunFound:
    """The answer to `RunWanted`; the id is None if trials are not recorded."""

    run_id: str | None


@dataclass(frozen=True)
class DeviceMemory:
    """What an attempt took of its GPU's memory at its peak, and what the GPU has, in bytes."""

    peak_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Ended:
    """The attempt is over: the function returned, was stopped, raised, or its process is gone.

    `measurements` were logged since the last report; the last of them may be the return value. The
    `reason` of one that returned says why its result cannot be used.

    `infeasible` is one that raised `Infeasible`, which the `reason` says.

    `lost` is an attempt that ended with its machine or with Ray, by no fault of its own.
    `device_fault` says that it raised an error of CUDA; its process is replaced then. `memory` is
    None if it used no GPU. `threads` are the names of the threads that it left running. `output` is
    what it printed, if the worker does not see the log's file.
    """

    number: int
    how: Literal["returned", "stopped", "raised", "infeasible", "crashed", "lost"]
    reason: str = ""
    traceback: str = ""
    measurements: Sequence[Measurement] = ()
    artifacts: Stored | None = None
    place: Place | None = None
    device_fault: bool = False
    memory: DeviceMemory | None = None
    threads: Sequence[str] = ()
    output: bytes = b""

    @property
    def died(self) -> bool:
        """Whether its process is gone, so that nothing more comes from it."""
        return self.how in ("crashed", "lost")


@dataclass(frozen=True)
class Hold:
    """Said unasked: wait for the answer from the next report on."""


Event = Reported | Restored | Saving | Saved | RunWanted | Leave | Ended

Answer = Decision | RunFound
"""What an attempt waits for after an event."""
