"""The pool of this process: one slot, no Ray; for a debugger, for tests and for tiny trainables."""

import gc
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from hpsearch.common.decision import TrialStopped
from hpsearch.engine import Answer, Display, Ended, Event, Reported, Result, RunWanted, Task
from hpsearch.experiment import Experiment
from hpsearch.trainable import Given, Program, Trainable, from_function
from hpsearch.workers.output import LiveOutput, Output
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.thread_leaks import ThreadLeaks
from hpsearch.workers.worker import Worker

END_SECONDS = 5.0
"""How long the loop may take to end if this thread was interrupted."""


class _Over(BaseException):
    """The loop has ended while an attempt was under way, or the other way round."""


class _LocalWorker(Worker):
    fatal = (KeyboardInterrupt, _Over)


class LocalPool:
    """Runs attempts in the thread that calls `serve`, one after another; see `ports.Pool`.

    Loop and attempt take turns, so that the loop may use everything that the caller may use.

    Not covered: `kill` of an attempt that does not report, since no thread can be ended.
    """

    slots = most_slots = 1

    def __init__(
        self,
        setup: WorkerSetup,
        notify: Callable[[str], None] = lambda text: None,
        *,
        display: Display | None = None,
    ) -> None:
        """What trials print is shown on `display`; without one it goes to stderr."""
        self._live = LiveOutput(display) if display is not None else None
        output = self._live.output if self._live else Output(live=2)
        self._worker = _LocalWorker(setup, output)
        self._leaks = ThreadLeaks(notify)
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._is_busy = self._is_asking = False
        self._killed: str | None = None

    @classmethod
    def of(
        cls, experiment: Experiment, folder: Path, display: Display | None = None
    ) -> "LocalPool":
        """Return the pool for an experiment whose trainable is in `folder`."""
        threads = max(1, math.floor(experiment.resources.cpus_per_trial))
        device = "cuda" if experiment.resources.fixed_gpus else "cpu"
        given = Given.of(experiment)
        function, command = experiment.function, experiment.command
        trainable: Trainable | Program | None = None
        if function is not None:
            trainable = from_function(experiment.reference, function)
        elif command is not None:
            trainable = Program.of(command, experiment)
        setup = WorkerSetup(
            experiment.reference,
            folder,
            device,
            threads,
            given=given,
            study=experiment.name,
            trainable=trainable,
        )
        notify = display.notice if display is not None else lambda text: None
        return cls(setup, notify, display=display)

    def load(self, check: Callable[[], None] = lambda: None) -> None:
        """Import the trainable; raises UserError if it is broken or does not take what is given."""
        self._worker.load()

    def serve(self, loop: Callable[[], Result]) -> Result:
        """See `Pool.serve`."""
        result: Future[Result] = Future()
        thread = threading.Thread(
            target=self._run, args=(loop, result), name="hpsearch-search", daemon=True
        )
        gc.freeze()  # what was there before holds nothing of a trial: the collector skips it
        try:
            thread.start()
            self._attempts()
        except _Over:
            pass
        except BaseException:
            self._events.put(None)
            thread.join(END_SECONDS)
            raise
        finally:
            gc.unfreeze()
            self._reset()
        return result.result()

    def start(self, task: Task) -> None:
        self._is_busy, self._killed = True, None
        self._tasks.put(task)

    def wait(self, seconds: float) -> Sequence[Event]:
        """Return the attempt's next event, however long that takes.

        An attempt that asked for its run does nothing until it is answered.
        """
        if not self._is_busy:
            return ()
        if self._is_asking:
            time.sleep(seconds)
            return ()
        event = self._events.get()
        self._is_asking = isinstance(event, RunWanted)
        if event is None:
            raise _Over
        if isinstance(event, Ended):
            self._is_busy = False
            self._leaks.note(event)
        return (event,)

    def answer(self, number: int, answer: Answer) -> None:
        self._is_asking = False
        self._answers.put(answer)

    def hold(self, number: int) -> None:
        """Do nothing: an attempt in this process always waits."""

    def limit(self, slots: int) -> None:
        """Do nothing: there is one slot."""

    def kill(self, number: int, reason: str) -> None:
        """Stop the attempt at its next report."""
        self._killed = reason

    def close(self) -> None:
        """Show the rest of the output; there is no worker to end."""
        if self._live is not None:
            self._live.close()

    def _reset(self) -> None:
        """Forget what was sent and not received, for another loop."""
        self._tasks, self._events = queue.SimpleQueue(), queue.SimpleQueue()
        self._answers = queue.SimpleQueue()
        self._is_busy, self._is_asking, self._killed = False, False, None

    def _run(self, loop: Callable[[], Result], result: "Future[Result]") -> None:
        """Run the loop, then release the thread that runs the attempts."""
        try:
            result.set_result(loop())
        except BaseException as error:
            result.set_exception(error)
        finally:
            self._tasks.put(None)
            self._answers.put(None)

    def _attempts(self) -> None:
        while (task := self._tasks.get()) is not None:
            ended = self._worker.run(task, self._exchange, self._events.put)
            if self._killed is not None:
                ended = Ended(task.number, "crashed", self._killed)
            self._events.put(ended)

    def _exchange(self, event: Reported | RunWanted) -> Answer:
        if self._killed is not None:
            raise TrialStopped(self._killed)
        self._events.put(event)
        answer = self._answers.get()
        if answer is None:
            self._answers.put(None)  # a trainable may swallow the exception, and report again
            raise _Over
        return answer
