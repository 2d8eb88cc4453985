"""The parts of a search, as protocols; what stands behind them is chosen in `compose`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from hpsearch.common.decision import Decision
from hpsearch.common.proposal import Proposal
from hpsearch.common.trial import Measurement, Place, TrialRecord, Value

if TYPE_CHECKING:
    from hpsearch.experiment import Experiment

Result = TypeVar("Result")


RETURNED = ""
"""The name of a number that the trainable returned: the worker does not know the objective's."""


@dataclass(frozen=True)
class Task:
    """One attempt at a trial, as a worker gets it.

    `files` is the checkpoint to resume from, `seconds` the time of training that is in it,
    `start_step` the step after its own. `log` is the file for what the attempt prints, if the
    worker sees it.
    """

    number: int
    attempt: int
    seed: int
    params: Mapping[str, Value]
    files: Mapping[str, bytes]
    seconds: float
    log: str = ""
    start_step: int = 0


@dataclass(frozen=True)
class Reported:
    """The trainable reported: the last of `measurements` wants a decision, the others were logged.

    `savable` says that it came with a way to make a checkpoint.
    """

    number: int
    measurements: Sequence[Measurement]
    savable: bool
    place: Place


@dataclass(frozen=True)
class Saved:
    """The checkpoint that a decision asked for: of the step reported last."""

    number: int
    measurement: Measurement
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class DeviceMemory:
    """What an attempt took of its GPU's memory at its peak, and what the GPU has, in bytes."""

    peak_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Ended:
    """The attempt is over: the function returned, was stopped, raised, or its process is gone.

    `measurements` were logged since the last report; the last of them may be the return value.

    `lost` is an attempt that ended through no doing of its own, with all others. `device_fault`
    says that it raised what CUDA said; the process is a new one then. `memory` is None where it
    used no GPU. `threads` are the names of those that it left running. `output` is what it printed,
    if the worker does not see the log's file.
    """

    number: int
    how: Literal["returned", "stopped", "raised", "crashed", "lost"]
    reason: str = ""
    traceback: str = ""
    measurements: Sequence[Measurement] = ()
    artifacts: Mapping[str, bytes] | None = None
    place: Place | None = None
    device_fault: bool = False
    memory: DeviceMemory | None = None
    threads: Sequence[str] = ()
    output: bytes = b""


Event = Reported | Saved | Ended


class Pool(Protocol):
    """Runs attempts, at most `slots` at a time; each stands still after an event until answered.

    `slots` may change; it is at least 1 while no attempt runs.
    """

    @property
    def slots(self) -> int: ...

    def load(self) -> None:
        """Import the trainable where attempts will run; raises UserError if it cannot serve."""

    def serve(self, loop: Callable[[], Result]) -> Result:
        """Return what `loop` returns, which drives the pool: it starts attempts and waits for them.

        A pool of this process runs the attempts here meanwhile, and the loop in another thread.
        """

    def start(self, task: Task) -> None:
        """Begin an attempt on a free slot."""

    def wait(self, seconds: float) -> Sequence[Event]:
        """Return the events that are there, waiting at most `seconds` for the first one."""

    def answer(self, number: int, decision: Decision) -> None:
        """Answer a `Reported` or `Saved`; the attempt goes on."""

    def kill(self, number: int, reason: str) -> None:
        """End an attempt's process; an `Ended` with `crashed` and this reason follows."""

    def close(self) -> None:
        """End all workers, at once."""


class Study(Protocol):
    """Proposes and decides; its journal is the truth."""

    @property
    def allows_lookahead(self) -> bool:
        """Whether `prepare` may be called before a proposal is due."""

    def ask(self) -> Proposal | None:
        """Return the next proposal, or None where the space is exhausted."""

    def prepare(self) -> None:
        """Make the next proposal now, for `ask` to give at once."""

    def report(self, number: int, measurements: Sequence[Measurement]) -> Decision:
        """Note measurements; decide about the trial if the last is a report of the objective."""

    def flush(self, number: int) -> None:
        """Return when all that was reported of a trial is on the disk."""

    def promotable(self, paused: Collection[int]) -> int | None:
        """Return the paused trial that is to go on now, or None."""

    def begin_again(self, number: int, attempt: int) -> None:
        """Note that a trial is begun once more."""

    def finish(self, record: TrialRecord, rest: Sequence[Measurement]) -> TrialRecord:
        """Write a finished trial, durably; `rest` is what was measured since its last report.

        Returns the trial as it is kept.
        """

    def records(self) -> Sequence[TrialRecord]:
        """Return all trials by number; what a dead driver left is still RUNNING, or PAUSED."""


class Logs(Protocol):
    """Keeps what attempts print, a file for each."""

    def begin(self, number: int, attempt: int) -> str:
        """Make the file of an attempt that begins, and return where it is."""

    def end(self, number: int, attempt: int, *, output: bytes = b"", died: bool = False) -> None:
        """Keep what an attempt brought with its end, or wrote before its process `died`."""

    def tail(self, number: int, attempt: int) -> str:
        """Return the last lines of an attempt, or nothing."""


class Listener(Protocol):
    """Hears what happens, in the driver's thread: the recorder and the progress display."""

    def started(self, record: TrialRecord) -> None: ...

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None: ...

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None: ...


class Display(Listener, Protocol):
    """What a person sees of a search while it runs."""

    def phase(self, text: str) -> None:
        """Say what is being done now, outside the search itself."""

    def begin(
        self, experiment: "Experiment", records: Sequence[TrialRecord], slots: int, seconds: float
    ) -> None:
        """The search begins, or goes on after `seconds` with these finished records."""

    def notice(self, text: str) -> None:
        """Say something that a person should know, once."""

    def output(self, line: str) -> None:
        """Show a line that a trial of this process prints."""

    def release(self) -> None:
        """Leave the terminal to a debugger, for good."""

    def end(self) -> None:
        """The search is over; what is shown stays as it is."""
