"""The parts of a search, as protocols; `usecases/driver.py` chooses what implements them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from hpsearch.common.checkpoints import Artifacts, Checkpoints
from hpsearch.common.decision import Decision
from hpsearch.common.logs import NoLogs
from hpsearch.common.proposal import Proposal
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.engine.messages import Answer, Event, Task, Variables

if TYPE_CHECKING:
    from hpsearch.experiment import Experiment

Result = TypeVar("Result")


class Pool(Protocol):
    """Runs attempts, at most `slots` at a time.

    Each waits after a `Reported` and a `RunWanted` until that is answered.

    A report that does not wait (`Reported.waits`) is answered, too.

    `slots` may change; it is 0 while no worker is there. `most_slots` is how many there will be, as
    far as is known now.
    """

    @property
    def slots(self) -> int: ...

    @property
    def most_slots(self) -> int: ...

    def load(self, check: Callable[[], None] = lambda: None) -> None:
        """Return when a first worker has imported the trainable; raises UserError if it cannot.

        Meanwhile `check` is called now and then; what it raises ends the wait.
        """

    def serve(self, loop: Callable[[], Result]) -> Result:
        """Return what `loop` returns, which drives the pool: it starts attempts and waits for them.

        A pool of this process runs the attempts here meanwhile, and the loop in another thread.
        """

    def start(self, task: Task) -> None:
        """Begin an attempt on a free slot."""

    def wait(self, seconds: float) -> Sequence[Event]:
        """Return the events that are there, waiting at most `seconds` for the first one.

        Raises SearchFailed if there will be no slot.
        """

    def answer(self, number: int, answer: Answer) -> None:
        """Answer an event; the attempt continues."""

    def hold(self, number: int) -> None:
        """Have an attempt wait for the answer from its next report on."""

    def limit(self, slots: int) -> None:
        """Run at most so many attempts at once from now on, as far as there is room; in any thread.

        None is ended for that: a slot that is too many goes when its attempt ends.
        """

    def kill(self, number: int, reason: str) -> None:
        """End an attempt's process; an `Ended` with `crashed` and this reason follows."""

    def close(self) -> None:
        """End all workers, at once."""


class Study(Protocol):
    """Proposes and decides; its journal is the truth."""

    @property
    def allows_lookahead(self) -> bool:
        """Whether `prepare` may be called before a proposal is due."""

    @property
    def population(self) -> PopulationRule | None:
        """The rule of the population that is trained; None if trials stand for themselves."""

    def ask(self) -> Proposal | None:
        """Return the next proposal, or None if the space is exhausted."""

    def prepare(self) -> None:
        """Make the next proposal now, for `ask` to give at once."""

    def report(self, number: int, measurements: Sequence[Measurement]) -> Decision:
        """Note measurements; decide about the trial if the last is a report of the objective."""

    def waits_at(self, number: int) -> float:
        """Return the step below which no report stops the trial; infinite if none ever does."""

    def write(self, number: int, search_seconds: float) -> None:
        """Write all that was reported of a trial to the journal, and how long was searched."""

    def flush(self) -> None:
        """Return when all that was written is on the disk; in any thread."""

    def promotable(self, paused: Collection[int]) -> int | None:
        """Return the paused trial to continue now, or None."""

    def begin_again(self, number: int, attempt: int) -> None:
        """Note that a trial begins another attempt."""

    def finish(self, record: TrialRecord, rest: Sequence[Measurement]) -> TrialRecord:
        """Write a finished trial; `rest` is what was measured since its last report.

        Returns the trial as it is kept. Nobody may hear of it before the next `flush`.
        """

    def records(self) -> Sequence[TrialRecord]:
        """Return all trials by number; what a dead driver left is still RUNNING or PAUSED."""


class PopulationRule(Protocol):
    """Trains a population: copies of its best members replace the worst, from their checkpoints."""

    @property
    def is_due(self) -> bool:
        """Whether a trial should begin now; else `Study.ask` has none until another one ends."""

    def replaced(self, paused: Collection[int]) -> Mapping[int, str]:
        """Return the paused trials that are pruned now, each with the reason."""

    def needed_steps(self, number: int) -> frozenset[int]:
        """Return the steps of a trial's checkpoints that others may start from."""


class Logs(Protocol):
    """Keeps what attempts print, a file for each."""

    def begin(self, number: int, attempt: int) -> str:
        """Make the file of an attempt that begins, and return its path."""

    def end(self, number: int, attempt: int, *, output: bytes = b"", died: bool = False) -> None:
        """Keep the output that an ended attempt sent, or wrote before its process `died`."""

    def tail(self, number: int, attempt: int) -> str:
        """Return the last lines of an attempt, or nothing."""


class Tracking(Protocol):
    """Where trials are recorded, as far as a trainable that records there too must know."""

    def environment(self, record: TrialRecord) -> Variables:
        """Return the variables by which a trainable records there during an attempt."""

    def find_run(self, record: TrialRecord, found: Callable[[str | None], None]) -> None:
        """Call `found` with the id of a trial's run once it is there, from any thread."""


class NoTracking:
    """Trials are not recorded."""

    def environment(self, record: TrialRecord) -> Variables:
        """See `Tracking.environment`."""
        return {}

    def find_run(self, record: TrialRecord, found: Callable[[str | None], None]) -> None:
        """See `Tracking.find_run`."""
        found(None)


class Listener(Protocol):
    """Hears what happens, in the driver's thread: the recorder and the progress display."""

    def started(self, record: TrialRecord) -> None: ...

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None: ...

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None: ...


class Display(Listener, Protocol):
    """What a person sees of a search while it runs."""

    def phase(self, text: str) -> None:
        """Show what is done now, before or after the search itself."""

    def begin(
        self, experiment: Experiment, records: Sequence[TrialRecord], slots: int, seconds: float
    ) -> None:
        """The search begins, or is resumed after `seconds` with these finished records."""

    def notice(self, text: str) -> None:
        """Show something that a person should know, once."""

    def output(self, line: str) -> None:
        """Show a line that a trial of this process prints."""

    def release(self) -> None:
        """Leave the terminal to a debugger, for good."""

    def end(self) -> None:
        """The search is over; what is shown stays as it is."""


@dataclass(frozen=True)
class Parts:
    """The parts of one search. `notify` is told what a person should know while it runs."""

    study: Study
    pool: Pool
    checkpoints: Checkpoints
    artifacts: Artifacts
    listeners: Sequence[Listener]
    logs: Logs = field(default_factory=NoLogs)
    tracking: Tracking = field(default_factory=NoTracking)
    notify: Callable[[str], None] = lambda text: None
