"""Attempts in simulated time: a clock that jumps from event to event. Nothing trains, nobody waits.

What a trial would report is known before: its `Course`. An attempt that resumes from a checkpoint
goes on with the first report after it.
"""

import hashlib
import heapq
import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from hpsearch.common.checkpoints import Stored, StoredFile
from hpsearch.common.decision import Decision
from hpsearch.common.trial import Measurement, Place
from hpsearch.engine import Answer, Ended, Event, Reported, Restored, Saved, Task

Result = TypeVar("Result")
End = Literal["returned", "raised", "crashed", "stopped"]
PLACE = Place("simulated", 0, "cpu")
EMPTY = hashlib.sha256().hexdigest()


class TimeIsUp(Exception):
    """The simulated clock is past the end."""


@dataclass(frozen=True)
class Course:
    """What a trial reports if nothing stops it, and how it ends.

    Each turn is a report, after what was logged since the one before; `rest` came after the last.
    """

    turns: Sequence[Sequence[Measurement]]
    how: End = "returned"
    reason: str = ""
    rest: Sequence[Measurement] = ()

    def next_turn(self, step: int) -> int:
        """Return the index of the first turn at that step or later."""
        return bisect_left(self.turns, step, key=lambda turn: turn[-1].step)

    def seconds(self, turn: int) -> float:
        """Return how long a turn takes; its end takes no time."""
        if turn == len(self.turns):
            return 0.0
        before = self.turns[turn - 1][-1].seconds if turn else 0.0
        return max(0.0, self.turns[turn][-1].seconds - before)


@dataclass
class _Attempt:
    """An attempt, and the index of its next turn."""

    task: Task
    course: Course
    turn: int
    is_stopped: bool = False

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.task.number

    def save(self) -> Saved:
        """Store a checkpoint of the last turn, an empty file."""
        last = self.course.turns[self.turn - 1][-1]
        reference = f"{self.task.attempt}/{last.step}"
        self.task.files.write(reference, "step", [b""])
        return Saved(self.number, last, Stored(reference, {"step": StoredFile(0, EMPTY)}))


class VirtualPool:
    """See `ports.Pool`; raises TimeIsUp if the next event is after `seconds`."""

    def __init__(
        self, course_of: Callable[[Task], Course], *, slots: int, seconds: float = math.inf
    ) -> None:
        self.slots = self.most_slots = slots
        self.now = 0.0
        """The simulated seconds since the begin."""
        self._course_of = course_of
        self._seconds = seconds
        self._due: list[tuple[float, int]] = []
        self._attempts: dict[int, _Attempt] = {}
        self._answers: list[Event] = []

    def load(self, check: Callable[[], None] = lambda: None) -> None: ...

    def close(self) -> None: ...

    def serve(self, loop: Callable[[], Result]) -> Result:
        """Return what the loop returns."""
        return loop()

    def hold(self, number: int) -> None:
        """Do nothing: each attempt waits at each report."""

    def kill(self, number: int, reason: str) -> None:
        """Never called: nothing hangs here."""
        raise AssertionError(reason)

    def start(self, task: Task) -> None:
        """Begin an attempt."""
        course = self._course_of(task)
        step = task.checkpoints[0].step if task.checkpoints else None
        first = 0 if step is None else course.next_turn(step + 1)
        self._attempts[task.number] = attempt = _Attempt(task, course, first)
        self._answers.append(Restored(task.number, step))
        self._continue(attempt)

    def wait(self, seconds: float) -> Sequence[Event]:
        """Return the next event, with the clock at its time; nothing if asked not to wait."""
        if self._answers:
            answers, self._answers = self._answers, []
            return answers
        if not seconds or not self._due:
            return ()
        self.now, number = heapq.heappop(self._due)
        if self.now > self._seconds:
            raise TimeIsUp
        attempt = self._attempts[number]
        if attempt.turn == len(attempt.course.turns):
            return [self._ended(attempt, attempt.course.how)]
        attempt.turn += 1
        measurements = attempt.course.turns[attempt.turn - 1]
        return [Reported(number, measurements, savable=True, place=PLACE)]

    def answer(self, number: int, answer: Answer) -> None:
        """Go on, save a checkpoint, or stop."""
        if not isinstance(answer, Decision):  # nothing here asks for its run
            return
        attempt = self._attempts[number]
        attempt.is_stopped |= answer.stop
        if answer.save:
            self._answers.append(attempt.save())
        if attempt.is_stopped:
            self._answers.append(self._ended(attempt, "stopped"))
        else:
            self._continue(attempt)

    def _continue(self, attempt: _Attempt) -> None:
        due = self.now + attempt.course.seconds(attempt.turn)
        heapq.heappush(self._due, (due, attempt.number))

    def _ended(self, attempt: _Attempt, how: End) -> Ended:
        del self._attempts[attempt.number]
        course = attempt.course
        rest = () if how == "stopped" else course.rest
        return Ended(attempt.number, how, course.reason, measurements=rest, place=PLACE)
